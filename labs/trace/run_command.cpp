// SPDX-License-Identifier: BSL-1.0
// weft run: a program of somebody's, recorded. It keeps the terminal, and its exit code is ours.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstring>
#include <memory>

#include "labs/exit.hpp"
#include "labs/trace/start.hpp"
#include "lwp/os.hpp"

namespace weft::labs {
namespace {

struct Flags {
  std::string trace;
  bool flight = false;
  std::vector<std::string> program;
};

int run(const Flags& f, const Terminal& t) {
  const Say& say = t.say;
  if (f.program.empty()) return refuse(t, "run", {say("run.no_program")});
  if (f.trace.empty()) return refuse(t, "run", {say("run.no_trace")});
  if (auto why = trace::start(f.trace, f.flight, say)) return refuse(t, "run", *why);
  auto exit = lwp::os::run_in_foreground(f.program);
  if (!exit) {
    return refuse(t, "run",
                  {say("run.not_started",
                       {{"program", f.program.front()}, {"why", std::strerror(exit.error())}})});
  }
  auto tell = [&](const std::string& line) {
    std::fprintf(stderr, "%s\n", t.shown("weft run: " + line).c_str());
  };
  if (exit->signaled) {
    tell(say("run.ended_by",
             {{"program", f.program.front()}, {"n", std::to_string(exit->code - 128)}}));
  }
  if (!trace::has_events(f.trace)) {
    tell(say("run.nothing", {{"program", f.program.front()}}));
    return exit->code != kDone ? exit->code : static_cast<int>(kNo);
  }
  tell(say("run.recorded", {{"path", f.trace}}));
  return exit->code;
}

}  // namespace

void run_command(CLI::App& sub, const Terminal& terminal, int& exit_code) {
  auto f = std::make_shared<Flags>();
  const Say& say = terminal.say;
  trace::add_option(sub, f->trace, say);
  sub.add_flag("--flight", f->flight, say("run.help_flight"));
  sub.add_option("program", f->program, say("run.help_program"))->type_name("PROGRAM");
  sub.positionals_at_end();
  sub.footer(say("run.footer"));
  sub.callback([f, &terminal, &exit_code] { exit_code = run(*f, terminal); });
}

}  // namespace weft::labs
