// SPDX-License-Identifier: BSL-1.0
// weft load URL…: the load generator as a command of its own.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <system_error>

#include "labs/columns.hpp"
#include "labs/commands.hpp"
#include "labs/exit.hpp"
#include "labs/load/experiment.hpp"
#include "labs/load/hgrm.hpp"
#include "labs/load/options.hpp"
#include "labs/load/output.hpp"
#include "labs/load/page.hpp"
#include "labs/load/screen.hpp"
#include "labs/load/sweep.hpp"
#include "labs/output_file.hpp"
#include "labs/seed_option.hpp"
#include "labs/trace/start.hpp"
#include "lwp/trace/recorder.hpp"

namespace weft::labs {
namespace {

using namespace load;

// Says of each expectation whether it held for each variant, and returns what the exit code should
// be: failed requests are a no, unless an expectation says how many may fail.
int judge(const Job& job, const std::vector<Result>& results, const Terminal& terminal,
          std::FILE* to) {
  bool good = true, errors_judged = false;
  for (const auto& e : job.expectations) errors_judged = errors_judged || e.metric == "errors";
  for (std::size_t v = 0; v < results.size(); ++v) {
    const Outcome& out = results[v].all;
    good = good && out.answered + out.came > 0 && (errors_judged || out.failures() == 0);
    for (const auto& e : job.expectations) {
      const Measure& m = measure(e.metric);
      const double value = m.of(out);
      const bool held = e.holds(value);
      std::string text =
          terminal.say(held ? MessageId("usage.expected_yes") : MessageId("usage.expected_no"),
                       {{"text", e.text}, {"value", text_of(value, m.unit)}});
      if (results.size() > 1) text = name_of(job, v) + ": " + text;
      std::fprintf(to, "%s\n", terminal.shown(text).c_str());
      good = good && held;
    }
  }
  return good ? kDone : kNo;
}

// One line that is rewritten: "[████░░░░] 42 %, 3 s left".
class Bar {
 public:
  Bar(const Terminal& terminal, double seconds)
      : say_(terminal.say), progress_(terminal), seconds_(seconds) {}
  void show(const std::string& what, double share) {
    constexpr int kWide = 30;
    std::string bar;
    for (int i = 0; i < kWide; ++i) bar += i < share * kWide ? "█" : "░";
    progress_.show(bar + ' ' +
                   say_("load.progress", {{"percent", shown(100 * share, 0)},
                                          {"left", shown(seconds_ * (1 - share), 0)}}) +
                   (what.empty() ? "" : "  " + what));
  }
  void clear() { progress_.clear(); }

 private:
  const Say& say_;
  Progress progress_;
  double seconds_;
};

class Loading {
 public:
  Loading(const Flags& flags, const Terminal& terminal) : f_(flags), terminal_(terminal) {}

  int run() {
    if (auto why = prepare(f_, say_, job_)) return refuse(terminal_, "load", *why);
    if (auto why = trace::start(f_.trace, false, say_)) return refuse(terminal_, "load", *why);
    lwp::trace::set_role("client");
    constexpr int kSignals[] = {SIGINT, SIGTERM};
    auto signals = lwp::os::signal_fd(kSignals);
    if (signals) job_.plan.stop_fd = signals->get();
    return job_.sweep ? raise() : repeat();
  }

 private:
  int repeat() {
    const Experiment e = perform(job_, watch(job_.runs));
    if (e.unreachable) return unreachable(*e.unreachable, e.trials.back().out.first_connect_error);
    const auto all = results(job_, e);
    std::fputs(terminal_.shown(summary(job_, e, all, terminal_)).c_str(), words());
    say_recorded();
    if (!write(f_.json, to_json(job_, e, all)) || !write(f_.csv, to_csv(job_, e)) ||
        !write(f_.hgrm, to_hgrm(all[0].all.latency)) || !write(f_.report, to_html(job_, all, say_)))
      return kMachineLacks;
    if (e.interrupted) return kInterrupted;
    return judge(job_, all, terminal_, words());
  }

  int raise() {
    const Sweep s = sweep(job_, watch(13));  // the capacity, and twelve steps
    if (s.unreachable) return unreachable(*s.unreachable, s.connect_error);
    std::fputs(terminal_.shown(sweep_summary(job_, s, terminal_)).c_str(), words());
    say_recorded();
    if (!write(f_.json, to_json(job_, s)) || !write(f_.csv, to_csv(job_, s)) ||
        !write(f_.report, to_html(job_, s, say_)))
      return kMachineLacks;
    if (s.interrupted) return kInterrupted;
    return s.steps.empty() ? kNo : kDone;
  }

  Watch watch(int runs) {
    const double seconds =
        (f_.warm_up + f_.duration) * runs * static_cast<double>(job_.variants.size());
    bar_ = std::make_unique<Bar>(terminal_, seconds);
    bar_->show("", 0);
    return [this](const std::string& what, double share) { bar_->show(what, share); };
  }
  std::FILE* words() {
    bar_.reset();
    return words_beside(f_.json == "-" || f_.csv == "-" || f_.hgrm == "-" ? "-" : "");
  }
  int unreachable(std::size_t variant, int error) {
    bar_.reset();
    return refuse(terminal_, "load",
                  {say_("load.unreachable", {{"server", job_.variants[variant].url.authority},
                                             {"why", std::generic_category().message(error)}}),
                   kNo});
  }
  void say_recorded() {
    if (!f_.trace.empty())
      std::fprintf(words(), "%s\n", terminal_.shown(trace::recorded(f_.trace, say_)).c_str());
  }
  bool write(const std::string& path, const std::string& text) {
    if (write_output(path, text)) return true;
    refuse(terminal_, "load", {say_("usage.cannot_write", {{"path", path}}), kMachineLacks});
    return false;
  }

  const Flags& f_;
  const Terminal& terminal_;
  const Say& say_ = terminal_.say;
  Job job_;
  std::unique_ptr<Bar> bar_;
};

}  // namespace

void load_command(CLI::App& sub, const Terminal& terminal, int& exit_code) {
  auto f = std::make_shared<Flags>();
  const Say& say = terminal.say;
  // 0 stands for "not given"; given, it is refused.
  auto given = std::make_shared<std::vector<std::function<void()>>>();
  auto number = [&, given](const char* name, auto& value, MessageId help, const char* group) {
    auto* option = sub.add_option(name, value, say(help))->group(group);
    given->push_back([option, &value] {
      if (option->count() > 0 && value == 0) value = -1;
    });
  };
  const std::string asking = say("load.group_asking"), sending = say("load.group_sending"),
                    measuring = say("load.group_measuring"), results = say("load.group_results");
  auto usual = [&](const char* name, double& value, MessageId help, const std::string& group) {
    sub.add_option(name, value, say(help))->capture_default_str()->group(group);
  };

  sub.add_option("URL", f->urls, say("load.help_url"));
  sub.add_option("--variant", f->variants, say("load.help_variant"))
      ->type_name("NAME=URL")
      ->group(asking);
  sub.add_option("--also", f->also, say("load.help_also"))->type_name("HOST:PORT")->group(asking);
  sub.add_option("--names", f->names, say("load.help_names"))
      ->type_name("HOST:PORT")
      ->group(asking);
  sub.add_option("--urls", f->urls_file, say("load.help_urls"))->type_name("FILE")->group(asking);
  sub.add_option("--mix", f->mix, say("load.help_mix"))->type_name("FILE")->group(asking);
  sub.add_option("--zipf", f->zipf, say("load.help_zipf"))->group(asking);

  number("--rate", f->rate, "load.help_rate", sending.c_str());
  sub.add_flag("--poisson", f->poisson, say("load.help_poisson"))->group(sending);
  number("--session", f->session, "load.help_session", sending.c_str());
  sub.add_option("--think", f->think, say("load.help_think"))->type_name("KIND:MS")->group(sending);
  number("--connections", f->connections, "load.help_connections", sending.c_str());
  sub.add_flag("--keep-alive", f->keep_alive, say("load.help_keep_alive"))->group(sending);
  sub.add_option("--pipeline", f->pipeline, say("load.help_pipeline"))->group(sending);
  number("--requests-per-connection", f->requests_per_connection, "load.help_churn",
         sending.c_str());
  sub.add_option("--slow-readers", f->slow_readers, say("load.help_slow_readers"))
      ->type_name("N:BYTES/s")
      ->group(sending);
  usual("--timeout", f->timeout, "load.help_timeout", sending);

  usual("--duration", f->duration, "load.help_duration", measuring);
  usual("--warm-up", f->warm_up, "load.help_warm_up", measuring);
  number("--runs", f->runs, "load.help_runs", measuring.c_str());
  sub.add_flag("--sweep", f->sweep, say("load.help_sweep"))->group(measuring);
  usual("--objective", f->objective, "load.help_objective", measuring);
  seed_option(sub, f->seed, say("load.help_seed"))->group(measuring);

  auto file = [&](const char* name, std::string& path, MessageId help) {
    sub.add_option(name, path, say(help))->type_name("FILE")->group(results);
  };
  file("--json", f->json, "load.help_json");
  file("--csv", f->csv, "load.help_csv");
  file("--hgrm", f->hgrm, "load.help_hgrm");
  trace::add_option(sub, f->trace, say);
  file("--report", f->report, "load.help_report");
  sub.add_option("--expect", f->expect, say("load.help_expect"))
      ->type_name("CLAIM")
      ->group(results);
  sub.footer(say("load.footer") + "\n  " + say("load.example") + "\n" +
             wrap(say("load.exits"), 80, 2));
  sub.callback([f, given, &terminal, &exit_code] {
    for (const auto& check : *given) check();
    exit_code = Loading(*f, terminal).run();
  });
}

}  // namespace weft::labs
