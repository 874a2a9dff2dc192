// SPDX-License-Identifier: BSL-1.0
// weft compare: the command line, and what becomes of the comparison.
#include <CLI/CLI.hpp>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "labs/commands.hpp"
#include "labs/compare/findings.hpp"
#include "labs/compare/json.hpp"
#include "labs/compare/measure.hpp"
#include "labs/compare/options.hpp"
#include "labs/compare/report.hpp"
#include "labs/compare/screen.hpp"
#include "labs/exit.hpp"
#include "labs/output_file.hpp"
#include "labs/seed_option.hpp"
#include "labs/trace/start.hpp"
#include "lwp/os.hpp"
#include "lwp/trace/recorder.hpp"

namespace weft::labs {
namespace {

using namespace compare;

double metric_value(const Comparison& c, const std::string& metric) {
  if (metric == "errors") return static_cast<double>(c.errors());
  if (metric == "spread") return c.spread();
  const Row* far = c.farthest();
  return far ? std::abs(*far->deviation()) : 0;
}

// Failed requests are a no, unless an expectation says how many may fail.
int judge(const Comparison& c, const Options& options, const Terminal& terminal, std::FILE* words) {
  const Say& say = terminal.say;
  bool good = true, errors_judged = false;
  for (const auto& e : options.expectations) {
    double value = metric_value(c, e.metric);
    const bool held = e.holds(value);
    good = good && held;
    errors_judged = errors_judged || e.metric == "errors";
    std::string text =
        say(held ? MessageId("usage.expected_yes") : MessageId("usage.expected_no"),
            {{"text", e.text}, {"value", number(value, e.metric == "errors" ? 0 : 1)}});
    std::fprintf(words, "%s\n", terminal.shown(text).c_str());
  }
  return good && (errors_judged || c.errors() == 0) ? kDone : kNo;
}

// The command line again, from what was given of it.
std::string typed(const CLI::App& sub) {
  std::string out = "./weft compare";
  for (const auto* option : sub.get_options()) {
    if (option->count() == 0) continue;
    out += " " + option->get_name();
    if (option->get_expected_max() == 0) continue;  // a flag has no value
    for (const auto& value : option->results()) out += " " + value;
  }
  return out;
}

int compare_servers(const Flags& flags, const CLI::App& sub, const Terminal& terminal) {
  const Say& say = terminal.say;
  auto read = read_options(flags, say);
  if (auto* why = std::get_if<Refusal>(&read)) return refuse(terminal, "compare", *why);
  const Options& options = std::get<Options>(read);

  if (auto why = trace::start(flags.trace, false, say)) return refuse(terminal, "compare", *why);
  lwp::trace::set_role("client");
  constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};
  auto signals = lwp::os::signal_fd(kSignals);  // before the servers, which unblock them
  auto measured = measure(options, terminal, signals ? signals->get() : -1);
  if (auto* why = std::get_if<Refusal>(&measured)) return refuse(terminal, "compare", *why);
  Comparison& c = std::get<Comparison>(measured);
  c.command = typed(sub);
  c.version = sub.get_parent()->get_description();

  std::string report = options.report, unwritten;
  std::error_code ignored;
  // An empty file is what the check that it can be written made of none.
  const bool replaced = std::filesystem::file_size(report, ignored) > 0 && !ignored;
  if (!report.empty() && !write_output(report, to_html(c, say)))
    unwritten = std::exchange(report, "");
  if (!write_output(options.json, to_json(c))) unwritten = options.json;
  std::FILE* words = words_beside(options.json);
  std::fputs(screen(c, terminal, report, replaced).c_str(), words);
  if (!flags.trace.empty()) {
    std::fprintf(words, "%s\n", terminal.shown(trace::recorded(flags.trace, say)).c_str());
  }
  if (!unwritten.empty())
    return refuse(terminal, "compare",
                  {say("usage.cannot_write", {{"path", unwritten}}), kMachineLacks});
  return judge(c, options, terminal, words);
}

}  // namespace

void compare_command(CLI::App& sub, const Terminal& terminal, int& exit_code) {
  auto f = std::make_shared<Flags>();
  const Say& say = terminal.say;
  sub.add_flag("--quick", f->quick, say("compare.help_quick"));
  sub.add_flag("--thorough", f->thorough, say("compare.help_thorough"));
  sub.add_option("--workers", f->workers, say("compare.help_workers"))
      ->type_name("LIST")
      ->capture_default_str();
  sub.add_option("--lwps", f->lwps, say("compare.help_lwps"))
      ->type_name("LIST")
      ->capture_default_str();
  auto* heads = sub.add_option("--heads", f->heads, say("compare.help_heads"))
                    ->type_name("LIST")
                    ->capture_default_str();
  sub.add_option("--scale", f->scale, say("compare.help_scale"))->capture_default_str();
  sub.add_option("--clients", f->clients, say("compare.help_clients"))->capture_default_str();
  auto* runs = sub.add_option("--runs", f->runs, say("compare.help_runs"));
  auto* seconds = sub.add_option("--seconds", f->seconds, say("compare.help_seconds"));
  seed_option(sub, f->seed, say("load.help_seed"));
  sub.add_option("--root", f->root, say("compare.help_root"))->type_name("DIR");
  sub.add_option("--report", f->report, say("compare.help_report"))
      ->type_name("FILE")
      ->capture_default_str();
  sub.add_flag("--no-report", f->no_report, say("compare.help_no_report"));
  sub.add_option("--json", f->json, say("compare.help_json"))->type_name("FILE");
  trace::add_option(sub, f->trace, say);
  sub.add_option("--expect", f->expect, say("compare.help_expect"))->type_name("CLAIM");
  sub.footer(say("compare.footer"));
  sub.callback([=, &sub, &terminal, &exit_code] {
    f->heads_given = heads->count() > 0;
    if (runs->count() > 0 && f->runs == 0) f->runs = -1;  // refused, as a number below
    if (seconds->count() > 0 && f->seconds == 0) f->seconds = -1;
    exit_code = compare_servers(*f, sub, terminal);
  });
}

}  // namespace weft::labs
