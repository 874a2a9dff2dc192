// SPDX-License-Identifier: BSL-1.0
// weft bench: the command line, and what becomes of the measurement.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "labs/bench/report.hpp"
#include "labs/commands.hpp"
#include "labs/exit.hpp"
#include "labs/output_file.hpp"

namespace weft::labs {
namespace {

using namespace bench;

int run_benchmarks(const Flags& f, const Terminal& terminal) {
  const Say& say = terminal.say;
  auto made = make_plan(f, static_cast<int>(lwp::os::allowed_cpus().size()), say);
  if (auto* why = std::get_if<Refusal>(&made)) return refuse(terminal, "bench", *why);
  const Plan& plan = std::get<Plan>(made);
  const Refusal unwritten{say("usage.cannot_write", {{"path", f.json}})};
  if (!can_write(f.json)) return refuse(terminal, "bench", unwritten);

  Progress progress(terminal);
  Results results = measure(plan, [&](int round, const Row& row) {
    progress.show(round == 0 ? say("bench.preparing", {{"row", row.id()}})
                             : say("bench.round", {{"round", std::to_string(round)},
                                                   {"rounds", std::to_string(plan.runs)},
                                                   {"row", row.id()}}));
  });
  progress.clear();
  std::fputs(screen(plan, results, terminal).c_str(), words_beside(f.json));
  if (!write_output(f.json, to_json(results)))
    return refuse(terminal, "bench", {unwritten.message, kMachineLacks});
  if (!plan.expect_targets) return kDone;
  for (const Result& result : results)
    if (!met(results, result).value_or(true)) return kNo;
  return kDone;
}

}  // namespace

void bench_command(CLI::App& sub, const Terminal& terminal, int& exit_code) {
  auto f = std::make_shared<Flags>();
  const Say& say = terminal.say;
  sub.add_option("NAME", f->names, say("bench.help_name"));
  sub.add_option("--engine", f->engines, say("bench.help_engine"));
  auto* lwps = sub.add_option("--lwps", f->lwps, say("bench.help_lwps"));
  auto* runs = sub.add_option("--runs", f->runs, say("bench.help_runs"));
  sub.add_flag("--quick", f->quick, say("bench.help_quick"));
  sub.add_option("--json", f->json, say("bench.help_json"));
  sub.add_option("--expect", f->expect, say("bench.help_expect"));
  sub.footer(say("bench.footer"));
  sub.callback([=, &terminal, &exit_code] {
    if (lwps->count() > 0 && f->lwps == 0) f->lwps = -1;  // refused, as a number below
    if (runs->count() > 0 && f->runs == 0) f->runs = -1;
    exit_code = run_benchmarks(*f, terminal);
  });
}

}  // namespace weft::labs
