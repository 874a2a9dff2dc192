// SPDX-License-Identifier: BSL-1.0
// weft run: a program of somebody's, recorded. It keeps the terminal, and its exit code is ours.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstring>
#include <memory>

#include "labs/dashboard/dashboard.hpp"
#include "labs/exit.hpp"
#include "labs/trace/start.hpp"
#include "lwp/os.hpp"

namespace weft::labs {
namespace {

struct RunFlags {
  std::string trace;
  bool flight = false;
  int dashboard = -1;  // a port
  std::vector<std::string> program;
};

void tell(const Terminal& t, const std::string& line) {
  std::fprintf(stderr, "%s\n", t.shown("weft run: " + line).c_str());
}

// Runs the program, which records to `file`; `last` is said at the end, if there is anything.
int to_its_end(const RunFlags& f, const std::string& file, const std::string& last,
               const Terminal& t) {
  const Say& say = t.say;
  auto exit = lwp::os::run_in_foreground(f.program);
  if (!exit) {
    return refuse(t, "run",
                  {say("run.not_started",
                       {{"program", f.program.front()}, {"why", std::strerror(exit.error())}})});
  }
  const bool recorded = trace::has_events(file);
  if (exit->signaled && recorded) {
    tell(t, say("run.ended_by",
                {{"program", f.program.front()}, {"n", std::to_string(exit->code - 128)}}));
  }
  if (!recorded) {
    tell(t, say("run.nothing", {{"program", f.program.front()}}));
    return exit->code != kDone ? exit->code : static_cast<int>(kNo);
  }
  if (!last.empty()) tell(t, last);
  return exit->code;
}

// On a page, while it runs.
int followed(const RunFlags& f, const Terminal& t) {
  if (!f.trace.empty()) return refuse(t, "run", {t.say("run.one_of_both")});
  const dashboard::Flight flight;
  if (auto why = trace::start(flight.file(), false, t.say)) return refuse(t, "run", *why);
  lwp::os::set_environment("WEFT_TRACE", dashboard::flight_of(flight.file()));
  auto page = dashboard::Dashboard::open({.file = flight.file(),
                                          .title = f.program.front(),
                                          .port = static_cast<std::uint16_t>(f.dashboard)},
                                         t.say);
  if (auto* why = std::get_if<Refusal>(&page)) return refuse(t, "run", *why);
  tell(t, t.say("dashboard.at",
                {{"url", std::get<std::unique_ptr<dashboard::Dashboard>>(page)->url()}}));
  return to_its_end(f, flight.file(), t.say("run.page_gone", {{"program", f.program.front()}}), t);
}

int run_program(const RunFlags& f, const Terminal& t) {
  const Say& say = t.say;
  if (f.program.empty()) return refuse(t, "run", {say("run.no_program")});
  if (f.dashboard >= 0) return followed(f, t);
  if (f.trace.empty()) return refuse(t, "run", {say("run.no_trace")});
  const trace::Kept former(f.trace);
  if (auto why = trace::start(f.trace, f.flight, say)) return refuse(t, "run", *why);
  const int code = to_its_end(f, f.trace, say("run.recorded", {{"path", f.trace}}), t);
  if (former.is_needed()) tell(t, say("run.kept", {{"path", f.trace}}));
  return code;
}

}  // namespace

void run_command(CLI::App& sub, const Terminal& terminal, int& exit_code) {
  auto f = std::make_shared<RunFlags>();
  const Say& say = terminal.say;
  trace::add_option(sub, f->trace, say);
  sub.add_flag("--flight", f->flight, say("run.help_flight"));
  dashboard::add_option(sub, f->dashboard, say);
  sub.add_option("program", f->program, say("run.help_program"))->type_name("PROGRAM");
  sub.positionals_at_end();
  sub.footer(say("run.footer"));
  sub.callback([f, &terminal, &exit_code] { exit_code = run_program(*f, terminal); });
}

}  // namespace weft::labs
