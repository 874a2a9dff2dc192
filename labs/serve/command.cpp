// SPDX-License-Identifier: BSL-1.0
#include "labs/serve/command.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>

#include "labs/columns.hpp"
#include "labs/commands.hpp"
#include "labs/dashboard/lecture.hpp"
#include "labs/exit.hpp"
#include "labs/policy/policy_file.hpp"
#include "labs/seed_option.hpp"
#include "labs/serve/flags.hpp"
#include "labs/serve/layouts.hpp"
#include "labs/serve/page.hpp"
#include "labs/trace/start.hpp"
#include "lwp/policy_table.hpp"
#include "servers/listener.hpp"
#include "servers/registrar.hpp"

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
  if (f.form == "uring" && !os::has(os::Feature::io_uring)) {
    const std::string without(os::without(os::Feature::io_uring));
    std::fprintf(stderr, "%s\n",
                 wrap("weft serve: the kernel has no io_uring here: " + without, 80, 2).c_str());
  }
  return true;
}

// What runs here, an address to try, and how it ends.
std::string introduction(const ServeFlags& f, int port) {
  std::string what = f.model;
  if (!f.form.empty()) what += " " + f.form;
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

int serve(const ServeFlags& f, const Terminal& terminal) {
  Refusal why;
  servers::ServerOptions options;
  if (auto refusal = trace::start(f.trace, false, terminal.say)) return refuse_serving(*refusal);
  if (!read_flags(f, options, why) || !learn_policy(f, terminal, why)) return refuse_serving(why);
  if (!f.register_as.empty() && !servers::parse_registration(f.register_as, f.lease, why)) {
    return refuse_serving(why);
  }
  const os::Fd given = servers::given_listener(why);
  if (!why.message.empty()) return refuse_serving(why);
  if (given) {
    if (f.port_given) {
      return refuse_serving(
          {"the socket to listen on comes with the process (LISTEN_FDS), so --port "
           "would change nothing. Leave it out"});
    }
    if (f.layout == "partitioned" || f.layout == "replicated") {
      return refuse_serving({"--layout " + f.layout +
                             " has a socket for each process, and LISTEN_FDS gives one. "
                             "Take --layout prefork"});
    }
    options.listener = given.get();
  }
  for (const auto& word : os::unknown_in_weft_without()) {
    std::fprintf(stderr, "weft serve: WEFT_WITHOUT names '%s', which weft does not know\n",
                 word.c_str());
  }
  // Whoever reads the counters may leave, and a file may become too big for a limit of ours.
  os::ignore_signals(std::array{SIGPIPE, SIGXFSZ});
  return serve_in_layout(f, options, [&](int port) { say_listening(f, options, port, terminal); });
}

}  // namespace

void serve_command(CLI::App& sub, const Terminal& terminal, int& exit_code) {
  auto f = std::make_shared<ServeFlags>();
  sub.add_option("--service", f->service, "what it says: file, echo, names")->capture_default_str();
  sub.add_option("--model", f->model, "single-threaded, dispatcher-worker, fsm")
      ->capture_default_str();
  sub.add_option("--form", f->form,
                 "of fsm: amped, sped, uring; of dispatcher-worker: by-request,\nby-connection");
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
  sub.add_option("--spin", f->spin, "µs that an LWP without work looks for some before it sleeps");
  sub.add_option("--disk", f->disk, "none, real, real,cold, slow:MS[,heads=K][,hot=DIR/]")
      ->capture_default_str();
  auto* heads = sub.add_option("--heads", f->heads, "heads of a slow disk: reads it does at once");
  sub.add_option("--root", f->root, "the folder to serve")->capture_default_str();
  sub.add_flag("--writable", f->writable, "let clients change and delete files");
  sub.add_flag("--yes-anyone-can-write", f->anyone_can_write,
               "--writable on another address than this machine's own");
  sub.add_option("--file-cache", f->file_cache,
                 "ms for which a file stays open, and what others do\n"
                 "to it unseen (0: none)")
      ->capture_default_str();
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
  sub.add_option("--layout", f->layout,
                 "single, prefork, per-connection, on-demand,\n"
                 "partitioned, replicated: which processes there are")
      ->capture_default_str();
  auto* processes =
      sub.add_option("--processes", f->processes, "of the layout (per-connection: at most)");
  auto* end_after = sub.add_option("--end-after", f->end_after,
                                   "on-demand: s without a client after which it ends")
                        ->capture_default_str();
  sub.add_option("--register", f->register_as, "tell a names server there where this one listens")
      ->type_name("NAME@HOST:PORT");
  auto* lease = sub.add_option("--lease", f->lease, "seconds it is registered for; it is renewed")
                    ->capture_default_str();
  f->limits.add_to(sub);
  sub.get_option("--root")->type_name("DIR");
  for (const char* flag : {"--cpus", "--disk-cpus"}) sub.get_option(flag)->type_name("LIST");
  sub.get_option("--bind")->type_name("ADDRESS");
  sub.footer(
      "Example: ./weft serve --model fsm --disk slow:7.5, then in another terminal\n"
      "         ./weft load http://127.0.0.1:8080/README.md");
  sub.callback([f, heads, lease, preempt, port, processes, end_after, &sub, &terminal, &exit_code] {
    f->heads_given = heads->count() > 0;
    f->port_given = port->count() > 0;
    f->lease_given = lease->count() > 0;
    f->processes_given = processes->count() > 0;
    f->end_after_given = end_after->count() > 0;
    f->preempt_given = preempt->count() > 0;
    for (const char* flag : {"--mapping", "--engine", "--lwps", "--max-lwps", "--on-block",
                             "--workers", "--stack", "--policy", "--seed", "--preempt", "--spin"}) {
      if (sub.count(flag) > 0) f->of_fibers.emplace_back(flag);
    }
    exit_code = f->dashboard >= 0 ? serve_on_page(*f, sub, terminal) : serve(*f, terminal);
  });
}

}  // namespace weft::labs
