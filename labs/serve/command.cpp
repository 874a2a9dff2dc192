// SPDX-License-Identifier: BSL-1.0
#include "labs/serve/command.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>
#include <system_error>

#include "labs/columns.hpp"
#include "labs/commands.hpp"
#include "labs/dashboard/lecture.hpp"
#include "labs/exit.hpp"
#include "labs/policy/policy_file.hpp"
#include "labs/seed_option.hpp"
#include "labs/serve/flags.hpp"
#include "labs/serve/page.hpp"
#include "labs/trace/start.hpp"
#include "lwp/policy_table.hpp"
#include "lwp/trace/recorder.hpp"
#include "servers/control.hpp"
#include "servers/layouts/supervisor.hpp"
#include "servers/listener.hpp"

namespace weft::labs {
namespace {

namespace os = lwp::os;
using servers::Refusal;

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
  if (f.layout != "single") what += ", layout " + f.layout;
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

int refused(const Refusal& why) {
  // A compiler's words on a policy have lines of their own.
  std::string text = "weft serve: " + why.message;
  if (text.find('\n') == text.npos) text = wrap(text, 80, 2);
  std::fprintf(stderr, "%s\n", text.c_str());
  return why.exit_code;
}

void say_listening(const ServeFlags& f, const servers::ServerOptions& options, int port,
                   const Terminal& terminal) {
  const char* form = options.bind.host.find(':') == std::string::npos ? "listening on %s:%d\n"
                                                                      : "listening on [%s]:%d\n";
  std::printf(form, options.bind.host.c_str(), port);
  // The line is for programs; to a person at a terminal there is more to say.
  if (os::terminal_columns(1) > 0) {
    std::fputs(terminal.shown(introduction(f, port)).c_str(), stdout);
  }
  std::fflush(stdout);
}

// One server, in this process, until it is drained; `listens` is told its port. The exit code.
int run_server(const ServeFlags& f, const servers::ServerOptions& options, const std::string& role,
               const std::function<void(int port)>& listens) {
  Refusal why;
  // Before any thread or process is made. A log on the screen ends with its terminal.
  const bool renames = !options.access_log.empty() && options.access_log != "-";
  auto signals = servers::Control::take_signals(renames);
  if (!signals) return refused({"the kernel gives no signal descriptor", kMachineLacks});
  auto server = servers::Server::open(options, why);
  if (!server) return refused(why);
  lwp::trace::set_role(role);

  const auto drain = static_cast<os::Nanos>(f.drain_seconds * static_cast<double>(os::kSecond));
  servers::Control control(*server, std::move(*signals), drain, f.stats);
  os::meter_idle([&] { return server->waiting(); });
  listens(server->port());
  try {
    server->run();
  } catch (const std::exception& error) {  // no kernel thread, no memory
    why = {std::string(error.what()) +
               "; the server needs fewer --workers or --lwps, or a higher limit (ulimit -u, -v)",
           kMachineLacks};
  }
  os::meter_idle({});  // what it asked is about to go
  return why.message.empty() ? kDone : refused(why);
}

// Several processes with one listener, and one more that keeps them running.
int run_prefork(const ServeFlags& f, servers::ServerOptions options, const Terminal& terminal) {
  Refusal why;
  os::Fd listener;
  if (options.listener < 0) {
    listener = servers::listen_at(options.bind, why);
    if (!listener) return refused(why);
    options.listener = listener.get();
  }
  // A process that is told to end has no connection then whose client has yet to ask.
  os::accept_with_data(options.listener, os::kSecond);
  auto body = [&](int number, servers::Readiness ready) {
    return run_server(f, options, "server " + std::to_string(number), [&](int) { ready.tell(); });
  };
  auto serving = [&] {
    const auto port = os::local_port(options.listener);
    say_listening(f, options, port ? *port : 0, terminal);
  };
  auto say = [](const std::string& line) {
    std::fprintf(stderr, "%s\n", wrap("weft serve: " + line, 80, 2).c_str());
  };
  try {
    servers::Supervisor supervisor(
        {.processes = f.processes > 0 ? f.processes : static_cast<int>(os::allowed_cpus().size()),
         .pauses = {},
         .body = body,
         .serving = serving,
         .say = say});
    return supervisor.run();
  } catch (const std::system_error& error) {
    return refused({std::string("the kernel refuses a resource: ") + error.what(), kMachineLacks});
  }
}

int serve(const ServeFlags& f, const Terminal& terminal) {
  Refusal why;
  servers::ServerOptions options;
  if (auto refusal = trace::start(f.trace, false, terminal.say)) return refused(*refusal);
  if (!read_flags(f, options, why) || !learn_policy(f, terminal, why)) return refused(why);
  const os::Fd given = servers::given_listener(why);
  if (!why.message.empty()) return refused(why);
  if (given) {
    if (f.port_given) {
      return refused(
          {"the socket to listen on comes with the process (LISTEN_FDS), so --port "
           "would change nothing. Leave it out"});
    }
    options.listener = given.get();
  }
  for (const auto& word : os::unknown_in_weft_without()) {
    std::fprintf(stderr, "weft serve: WEFT_WITHOUT names '%s', which weft does not know\n",
                 word.c_str());
  }
  // Whoever reads the counters may leave, and a file may become too big for a limit of ours.
  os::ignore_signals(std::array{SIGPIPE, SIGXFSZ});
  if (f.layout == "prefork") return run_prefork(f, options, terminal);
  return run_server(f, options, "server",
                    [&](int port) { say_listening(f, options, port, terminal); });
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
  auto* port = sub.add_option("--port", f->port, "port to listen on (0: any free one)")
                   ->capture_default_str();
  sub.add_option("--cpu-per-request", f->cpu_per_request, "ms of CPU each request uses at least");
  sub.add_option("--cpus", f->cpus, "CPUs the server runs on, as 0 or 0,2-3");
  sub.add_option("--disk-cpus", f->disk_cpus, "CPUs a slow disk runs on (default: the others)");
  sub.add_option("--drain-seconds", f->drain_seconds, "time to end requests after SIGTERM")
      ->capture_default_str();
  sub.add_option("--access-log", f->access_log,
                 "append who asked for what to a file (SIGHUP: begin it anew), or - to the screen")
      ->type_name("FILE");
  sub.add_flag("--stats", f->stats, "print the counters at the end (SIGUSR1: at any time)");
  trace::add_option(sub, f->trace, terminal.say);
  dashboard::add_option(sub, f->dashboard, terminal.say);
  sub.add_option("--layout", f->layout, "single, prefork: several processes, kept running")
      ->capture_default_str();
  auto* processes = sub.add_option("--processes", f->processes, "of prefork (0: one for each CPU)");
  f->limits.add_to(sub);
  sub.get_option("--root")->type_name("DIR");
  for (const char* flag : {"--cpus", "--disk-cpus"}) sub.get_option(flag)->type_name("LIST");
  sub.get_option("--bind")->type_name("ADDRESS");
  sub.footer(
      "Example: ./weft serve --model fsm --disk slow:7.5, then in another terminal\n"
      "         ./weft load http://127.0.0.1:8080/README.md");
  sub.callback([f, heads, preempt, port, processes, &sub, &terminal, &exit_code] {
    f->heads_given = heads->count() > 0;
    f->port_given = port->count() > 0;
    f->processes_given = processes->count() > 0;
    f->preempt_given = preempt->count() > 0;
    for (const char* flag : {"--mapping", "--engine", "--lwps", "--max-lwps", "--on-block",
                             "--workers", "--stack", "--policy", "--seed", "--preempt"}) {
      if (sub.count(flag) > 0) f->of_fibers.emplace_back(flag);
    }
    exit_code = f->dashboard >= 0 ? serve_on_page(*f, sub, terminal) : serve(*f, terminal);
  });
}

}  // namespace weft::labs
