// SPDX-License-Identifier: BSL-1.0
#include "labs/serve.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <memory>

#include "labs/columns.hpp"
#include "labs/commands.hpp"
#include "labs/dashboard/lecture.hpp"
#include "labs/exit.hpp"
#include "labs/policy/policy_file.hpp"
#include "labs/seed_option.hpp"
#include "labs/suggest.hpp"
#include "labs/trace/start.hpp"
#include "lwp/policy_table.hpp"
#include "lwp/trace/recorder.hpp"
#include "servers/control.hpp"

namespace weft::labs {
namespace {

namespace os = lwp::os;
using servers::Refusal;

struct ServeFlags {
  std::string service = "file", model = "dispatcher-worker", mapping = "many-to-many";
  std::string engine = "weft", on_block = "hold", policy, disk = "none", stack = "64K";
  std::string root = ".", bind = "127.0.0.1", cpus, disk_cpus, trace;
  std::uint64_t seed = 1;
  int dashboard = -1;  // a port
  int lwps = 0, max_lwps = 0, workers = 8, heads = 0, port = 8080;
  double cpu_per_request = 0, drain_seconds = 10, preempt = 0;
  bool stats = false, heads_given = false, preempt_given = false;
  bool writable = false, anyone_can_write = false;
  std::string layout, processes;       // of design.md, not there yet
  std::vector<std::string> of_fibers;  // flags given that only a server of fibers has
};

constexpr std::size_t kMostStack = std::size_t{1} << 30;

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : ", ") + w;
  return out;
}

// "there is no model 'x'; did you mean …? There are: …"
Refusal unknown(const std::string& flag, const std::string& typed,
                const std::vector<std::string>& words) {
  std::string text = flag + " '" + typed + "' is not known";
  if (auto near = nearest(typed, words)) text += "; did you mean " + flag + " " + *near + "?";
  return {text + (text.back() == '?' ? " " : ". ") + "There are: " + join(words)};
}

// Takes `word` if it is one of `words`.
bool one_of(const std::string& flag, const std::string& word, const std::vector<std::string>& words,
            Refusal& why) {
  if (std::find(words.begin(), words.end(), word) != words.end()) return true;
  why = unknown(flag, word, words);
  return false;
}

// "0,2-3" as 0, 2, 3; all must be CPUs this process may use.
std::vector<int> sorted(std::vector<int> numbers) {
  std::ranges::sort(numbers);
  return numbers;
}

bool read_cpus(const std::string& flag, const std::string& text, std::vector<int>& cpus,
               Refusal& why) {
  const auto allowed = os::allowed_cpus();
  const char* at = text.data();
  const char* end = at + text.size();
  bool sound = !text.empty();
  while (sound && at < end) {
    int first = 0, last = 0;
    auto read = std::from_chars(at, end, first);
    sound = read.ec == std::errc() && first >= 0;
    last = first;
    if (sound && read.ptr < end && *read.ptr == '-') {
      read = std::from_chars(read.ptr + 1, end, last);
      sound = read.ec == std::errc() && last >= first && last - first < 4096;
    }
    for (int cpu = first; sound && cpu <= last; ++cpu) cpus.push_back(cpu);
    at = read.ptr;
    if (sound && at < end) sound = *at++ == ',' && at < end;
  }
  std::vector<std::string> words;
  for (int cpu : allowed) words.push_back(std::to_string(cpu));
  if (!sound) {
    why = {flag + " '" + text +
           "' is no list of CPUs, such as 0 or 0,2-3. This process may use: " + join(words)};
    return false;
  }
  // A process confined to some CPUs may still move to others: only the kernel knows.
  bool may_use = os::confine_to(cpus) && std::ranges::includes(os::allowed_cpus(), sorted(cpus));
  (void)os::confine_to(allowed).error();
  if (!may_use) {
    why = {flag + " " + text + ": this process may not use these CPUs. It may use: " + join(words),
           kMachineLacks};
  }
  return may_use;
}

// Flags of the design that a later version brings.
bool refuse_absent(const ServeFlags& f, Refusal& why) {
  if (!f.layout.empty() && f.layout != "single") {
    why = {"--layout '" + f.layout + "' is not there yet; there is: single"};
  } else if (!f.processes.empty() && f.processes != "1") {
    why = {"--processes is not there yet: a server is one process. Leave it out"};
  } else if (f.max_lwps > 0 && f.on_block == "hold") {
    why = {
        "with --on-block hold there are --lwps LWPs and no more, so --max-lwps would change "
        "nothing. Leave it out, or say --on-block handoff"};
  } else {
    return true;
  }
  return false;
}

// Flags that would change nothing.
bool refuse_idle(const ServeFlags& f, Refusal& why) {
  for (const auto& flag : f.of_fibers) {
    if (flag == "--on-block" && f.on_block == "hold") continue;  // what would be without it
    if (f.model != "dispatcher-worker") {
      why = {"--model " + f.model + " runs no fibers, so " + flag +
             " would change nothing. Leave it out, or say --model dispatcher-worker"};
      return false;
    }
    if (f.mapping == "one-to-one" &&
        (flag == "--lwps" || flag == "--policy" || flag == "--seed" || flag == "--on-block" ||
         flag == "--max-lwps" || flag == "--preempt")) {
      why = {
          "with --mapping one-to-one each fiber has a kernel thread, which the kernel schedules, "
          "so " +
          flag + " would change nothing. Leave it out, or say --mapping many-to-many"};
      return false;
    }
  }
  return true;
}

bool check_numbers(const ServeFlags& f, Refusal& why) {
  auto within = [&](const std::string& flag, double value, double least, double most) {
    if (value >= least && value <= most) return true;
    char text[128];
    std::snprintf(text, sizeof text, " %g is out of range: %g to %g", value, least, most);
    why = {flag + text};
    return false;
  };
  return within("--max-lwps", f.max_lwps, 0, 1024) && within("--port", f.port, 0, 65535) &&
         within("--workers", f.workers, 0, 4096) && within("--lwps", f.lwps, 0, 1024) &&
         (!f.preempt_given || within("--preempt", f.preempt, 1, 10'000)) &&
         within("--cpu-per-request", f.cpu_per_request, 0, 60'000) &&
         within("--drain-seconds", f.drain_seconds, 0, 86'400) &&
         (!f.heads_given || within("--heads", f.heads, 1, 64));
}

bool read_names(const ServeFlags& f, servers::ServerOptions& options, Refusal& why) {
  std::vector<std::string> models;
  for (const auto& m : servers::models()) models.emplace_back(m.name);
  std::vector<std::string> services(servers::kServices.begin(), servers::kServices.end());
  if (!one_of("--service", f.service, services, why) || !one_of("--model", f.model, models, why) ||
      !one_of("--mapping", f.mapping, {"many-to-one", "many-to-many", "one-to-one"}, why) ||
      !one_of("--engine", f.engine, {"weft", "boost-fiber"}, why) ||
      !one_of("--on-block", f.on_block, {"hold", "handoff", "offload"}, why)) {
    return false;
  }
  options.service = f.service;
  options.model = f.model;
  options.fibers.mapping = *fibers::mapping_named(f.mapping);
  options.fibers.engine = *fibers::engine_named(f.engine);
  options.fibers.policy = f.policy;
  options.fibers.seed = f.seed;
  options.fibers.lwps = f.lwps;
  options.fibers.on_block = *fibers::on_block_named(f.on_block);
  options.fibers.max_lwps = f.max_lwps;
  options.fibers.preempt = static_cast<os::Nanos>(f.preempt * os::kMillisecond);
  return true;
}

// "128K", "1M", or bytes.
bool read_stack(const ServeFlags& f, servers::ServerOptions& options, Refusal& why) {
  std::size_t n = 0;
  const char* end = f.stack.data() + f.stack.size();
  auto read = std::from_chars(f.stack.data(), end, n);
  std::string_view unit(read.ptr, static_cast<std::size_t>(end - read.ptr));
  const std::size_t factor = unit == "K" ? 1024 : unit == "M" ? 1024 * 1024 : unit.empty() ? 1 : 0;
  if (read.ec != std::errc() || factor == 0 || n > kMostStack / factor ||
      n * factor < fibers::kLeastStack) {
    why = {"--stack '" + f.stack + "' is no size from 16K to 1024M, such as 128K"};
    return false;
  }
  options.fibers.stack_bytes = n * factor;
  return true;
}

bool read_disk(const ServeFlags& f, servers::ServerOptions& options, Refusal& why) {
  auto parsed = servers::parse_disk(f.disk);
  if (!parsed.spec) {
    why = {parsed.error};
    return false;
  }
  options.disk = *parsed.spec;
  if (f.heads_given) {
    if (options.disk.kind != servers::DiskSpec::Kind::slow) {
      why = {"--heads belongs to a slow disk. Try: --disk slow:7.5 --heads " +
             std::to_string(f.heads)};
      return false;
    }
    options.disk.heads = f.heads;
  }
  return true;
}

// Confines this process, and chooses for the disk process the CPUs that are left.
bool confine(const ServeFlags& f, servers::ServerOptions& options, Refusal& why) {
  std::vector<int> cpus, rest;
  if (!f.disk_cpus.empty() && !read_cpus("--disk-cpus", f.disk_cpus, options.disk.cpus, why)) {
    return false;
  }
  if (f.cpus.empty()) return true;
  if (!read_cpus("--cpus", f.cpus, cpus, why)) return false;
  for (int cpu : os::allowed_cpus()) {
    if (std::find(cpus.begin(), cpus.end(), cpu) == cpus.end()) rest.push_back(cpu);
  }
  if (options.disk.cpus.empty()) options.disk.cpus = rest;
  if (auto done = os::confine_to(cpus); !done) {
    why = {"the kernel refuses to confine the server to --cpus " + f.cpus, kMachineLacks};
    return false;
  }
  return true;
}

bool read_flags(const ServeFlags& f, servers::ServerOptions& options, Refusal& why) {
  options.workers = f.workers;
  options.root = f.root;
  options.writable = f.writable;
  options.anyone_can_write = f.anyone_can_write;
  options.bind = {f.bind == "localhost" ? "127.0.0.1" : f.bind, static_cast<std::uint16_t>(f.port)};
  options.cpu_per_request = static_cast<os::Nanos>(f.cpu_per_request * os::kMillisecond);
  return refuse_absent(f, why) && check_numbers(f, why) && read_names(f, options, why) &&
         refuse_idle(f, why) && read_stack(f, options, why) && read_disk(f, options, why) &&
         confine(f, options, why);
}

// Makes a policy file's policy known, and says what of a policy will not act.
bool learn_policy(const ServeFlags& f, const Terminal& terminal, Refusal& why) {
  if (is_policy_file(f.policy)) {
    auto verdict = use_policy_file(f.policy, terminal.say);
    why = {terminal.shown(verdict.text), verdict.exit_code};
    if (verdict.exit_code != kDone) return false;
    std::fprintf(stderr, "%s\n", wrap("weft serve: " + why.message, 80, 2).c_str());
    why = {};
  }
  if (auto notice = lwp::policy_notice(f.policy); notice && !f.preempt_given) {
    std::fprintf(stderr, "weft serve: %s\n", notice->c_str());
  }
  if (f.preempt_given && !os::has(os::Feature::membarrier)) {
    std::fprintf(stderr,
                 "weft serve: no fiber will be preempted: the kernel has no membarrier here\n");
  }
  return true;
}

// What runs here, an address to try, and how it ends.
std::string introduction(const ServeFlags& f, int port) {
  std::string what = f.model;
  if (f.model == "dispatcher-worker") what += ", " + f.mapping + ", engine " + f.engine;
  if (f.service == "file") what += "; files of " + f.root + ", disk " + f.disk;
  std::string host = f.bind == "0.0.0.0" || f.bind == "::" ? "localhost" : f.bind;
  if (host.find(':') != host.npos) host = "[" + host + "]";
  const std::string at = host + ":" + std::to_string(port);
  std::string to_try = f.service == "file" ? "curl http://" + at + "/NAME-OF-A-FILE"
                                           : "nc " + host + " " + std::to_string(port);
  return "  " + f.service + ": " + what + "\n  try: " + to_try +
         "   Ctrl-C ends it, Ctrl-\\ shows what it does\n";
}

int serve(const ServeFlags& f, const Terminal& terminal) {
  Refusal why;
  servers::ServerOptions options;
  auto refused = [&] {
    // A compiler's words on a policy have lines of their own.
    std::string text = "weft serve: " + why.message;
    if (text.find('\n') == text.npos) text = wrap(text, 80, 2);
    std::fprintf(stderr, "%s\n", text.c_str());
    return why.exit_code;
  };
  if (auto refusal = trace::start(f.trace, false, terminal.say)) {
    why = *refusal;
    return refused();
  }
  if (!read_flags(f, options, why) || !learn_policy(f, terminal, why)) return refused();
  for (const auto& word : os::unknown_in_weft_without()) {
    std::fprintf(stderr, "weft serve: WEFT_WITHOUT names '%s', which weft does not know\n",
                 word.c_str());
  }
  // Whoever reads the counters may leave, and a file may become too big for a limit of ours.
  os::ignore_signals(std::array{SIGPIPE, SIGXFSZ});
  auto signals = servers::Control::take_signals();  // before any thread or process is made
  if (!signals) {
    why = {"the kernel gives no signal descriptor", kMachineLacks};
    return refused();
  }
  auto server = servers::Server::open(options, why);
  if (!server) return refused();
  lwp::trace::set_role("server");

  auto drain = static_cast<os::Nanos>(f.drain_seconds * static_cast<double>(os::kSecond));
  servers::Control control(*server, std::move(*signals), drain, f.stats);
  os::meter_idle([&] { return server->waiting(); });
  const char* form = options.bind.host.find(':') == std::string::npos ? "listening on %s:%d\n"
                                                                      : "listening on [%s]:%d\n";
  std::printf(form, options.bind.host.c_str(), server->port());
  // The line is for programs; to a person at a terminal there is more to say.
  if (os::terminal_columns(1) > 0)
    std::fputs(terminal.shown(introduction(f, server->port())).c_str(), stdout);
  std::fflush(stdout);
  try {
    server->run();
  } catch (const std::exception& error) {  // no kernel thread, no memory
    why = {std::string(error.what()) +
               "; the server needs fewer --workers or --lwps, or a higher limit (ulimit -u, -v)",
           kMachineLacks};
  }
  os::meter_idle({});  // what it asked is about to go
  return why.message.empty() ? kDone : refused();
}

// What was typed, for the server's own process; without what the page's controls change.
std::vector<std::string> typed_again(const CLI::App& sub, const std::vector<std::string>& without) {
  std::vector<std::string> out = {"serve"};
  for (const auto* option : sub.get_options()) {
    if (option->count() == 0 || option->get_name() == "--dashboard") continue;
    if (std::find(without.begin(), without.end(), option->get_name()) != without.end()) continue;
    out.push_back(option->get_name());
    if (option->get_expected_max() == 0) continue;
    for (const auto& value : option->results()) {
      if (!value.empty()) out.push_back(value);
    }
  }
  return out;
}

// The server in a process of its own, and a page that follows it and has it started anew.
int serve_on_page(const ServeFlags& f, const CLI::App& sub, const Terminal& terminal) {
  const Say& say = terminal.say;
  if (!f.trace.empty()) return refuse(terminal, "serve", {say("run.one_of_both")});
  os::ignore_signals(std::array{SIGPIPE});
  constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};
  auto signals = os::signal_fd(kSignals);  // before any thread or process is made
  if (!signals) {
    return refuse(terminal, "serve", {"the kernel gives no signal descriptor", kMachineLacks});
  }
  const dashboard::Flight flight;
  if (auto why = trace::start(flight.file(), false, say)) return refuse(terminal, "serve", *why);
  os::set_environment("WEFT_TRACE", dashboard::flight_of(flight.file()));

  dashboard::Lecture::Setup setup;
  setup.fibers = f.model == "dispatcher-worker";
  const bool slow = f.disk.starts_with("slow:");
  setup.options = {{"--disk", f.disk + (slow && f.heads_given ? ",heads=" + std::to_string(f.heads)
                                                              : std::string())},
                   {"--port", std::to_string(f.port)}};
  if (setup.fibers) {
    setup.options.insert({{"--mapping", f.mapping},
                          {"--lwps", std::to_string(f.lwps)},
                          {"--workers", std::to_string(f.workers)},
                          {"--policy", f.policy},
                          {"--on-block", f.on_block}});
    for (const char* typed : {"--seed", "--max-lwps", "--preempt"}) {
      if (sub.count(typed) > 0) setup.options[typed] = sub.get_option(typed)->as<std::string>();
    }
  }
  std::vector<std::string> changed;
  if (slow) changed.emplace_back("--heads");  // which is part of the disk now
  for (const auto& [option, value] : setup.options) changed.push_back(option);
  setup.arguments = typed_again(sub, changed);
  if (f.service == "file") setup.root = f.root;
  setup.file = flight.file();
  auto lecture = dashboard::Lecture::start(setup, say);
  if (!lecture) return kMachineLacks;  // the server has said why
  const int port = lecture->port();    // before the page can start the server anew
  auto page = dashboard::Dashboard::open({.file = flight.file(),
                                          .title = "weft serve, " + f.service,
                                          .controls = lecture.get(),
                                          .port = static_cast<std::uint16_t>(f.dashboard)},
                                         say);
  if (auto* why = std::get_if<Refusal>(&page)) return refuse(terminal, "serve", *why);
  std::printf("listening on %s:%d\n%s\n", f.bind.c_str(), port,
              terminal.shown(say("dashboard.at", {{"url", std::get<0>(page)->url()}})).c_str());
  std::fflush(stdout);
  while (!os::wait_ready(signals->get(), os::kReadable, os::now() + os::kSecond)) {
  }
  return kDone;
}

}  // namespace

void serve_command(CLI::App& sub, const Terminal& terminal, int& exit_code) {
  auto f = std::make_shared<ServeFlags>();
  sub.add_option("--service", f->service, "what it says: file, echo")->capture_default_str();
  sub.add_option("--model", f->model, "single-threaded, dispatcher-worker, fsm")
      ->capture_default_str();
  sub.add_option("--mapping", f->mapping, "many-to-one, many-to-many, one-to-one")
      ->capture_default_str();
  sub.add_option("--engine", f->engine, "weft, boost-fiber")->capture_default_str();
  sub.add_option("--lwps", f->lwps, "LWPs of many-to-many (0: one for each CPU)")
      ->capture_default_str();
  sub.add_option("--max-lwps", f->max_lwps, "LWPs at most, those that block too (handoff)");
  sub.add_option("--workers", f->workers, "worker fibers (0: one for each connection)")
      ->capture_default_str();
  sub.add_option("--on-block", f->on_block, "when a fiber blocks its LWP: hold, handoff, offload")
      ->capture_default_str();
  sub.add_option("--stack", f->stack, "bytes of each fiber's stack, as 64K or 1M")
      ->capture_default_str();
  sub.add_option("--policy", f->policy,
                 "who runs next: fifo, newest-first, work-stealing,\n"
                 "priority, mlfq, lottery, stride, edf, random,\n"
                 "./mine.cpp");
  seed_option(sub, f->seed, "of policies that draw lots");
  auto* preempt =
      sub.add_option("--preempt", f->preempt, "stop a fiber that computes for so many ms")
          ->expected(0, 1)
          ->default_str("10");
  sub.add_option("--disk", f->disk, "none, real, real,cold, slow:MS[,heads=K][,hot=DIR/]")
      ->capture_default_str();
  auto* heads = sub.add_option("--heads", f->heads, "heads of a slow disk: reads it does at once");
  sub.add_option("--root", f->root, "the folder to serve")->capture_default_str();
  sub.add_flag("--writable", f->writable, "let clients change and delete files");
  sub.add_flag("--yes-anyone-can-write", f->anyone_can_write,
               "--writable on another address than this machine's own");
  sub.add_option("--bind", f->bind, "address to listen on")->capture_default_str();
  sub.add_option("--port", f->port, "port to listen on (0: any free one)")->capture_default_str();
  sub.add_option("--cpu-per-request", f->cpu_per_request, "ms of CPU each request uses at least");
  sub.add_option("--cpus", f->cpus, "CPUs the server runs on, as 0 or 0,2-3");
  sub.add_option("--disk-cpus", f->disk_cpus, "CPUs a slow disk runs on (default: the others)");
  sub.add_option("--drain-seconds", f->drain_seconds, "time to end requests after SIGTERM")
      ->capture_default_str();
  sub.add_flag("--stats", f->stats, "print the counters at the end (SIGUSR1: at any time)");
  trace::add_option(sub, f->trace, terminal.say);
  dashboard::add_option(sub, f->dashboard, terminal.say);
  sub.add_option("--layout", f->layout)->group("");
  sub.add_option("--processes", f->processes)->group("");
  sub.get_option("--root")->type_name("DIR");
  for (const char* flag : {"--cpus", "--disk-cpus"}) sub.get_option(flag)->type_name("LIST");
  sub.get_option("--bind")->type_name("ADDRESS");
  sub.footer(
      "Example: ./weft serve --model fsm --disk slow:7.5, then in another terminal\n"
      "         ./weft load http://127.0.0.1:8080/README.md");
  sub.callback([f, heads, preempt, &sub, &terminal, &exit_code] {
    f->heads_given = heads->count() > 0;
    f->preempt_given = preempt->count() > 0;
    for (const char* flag : {"--mapping", "--engine", "--lwps", "--max-lwps", "--on-block",
                             "--workers", "--stack", "--policy", "--seed", "--preempt"}) {
      if (sub.count(flag) > 0) f->of_fibers.emplace_back(flag);
    }
    exit_code = f->dashboard >= 0 ? serve_on_page(*f, sub, terminal) : serve(*f, terminal);
  });
}

}  // namespace weft::labs
