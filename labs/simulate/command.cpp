// SPDX-License-Identifier: BSL-1.0
// weft simulate: a workload under a policy, in virtual time.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "labs/columns.hpp"
#include "labs/commands.hpp"
#include "labs/exit.hpp"
#include "labs/lab/mine.hpp"
#include "labs/output_file.hpp"
#include "labs/policy/policy_file.hpp"
#include "labs/sealed.hpp"
#include "labs/seed_option.hpp"
#include "labs/simulate/chart.hpp"
#include "labs/simulate/trace.hpp"
#include "labs/trace/start.hpp"
#include "lwp/policy_table.hpp"

namespace weft::labs {
namespace {

using namespace simulate;
using nlohmann::ordered_json;

struct Flags {
  std::string workload, policy = "fifo", json, trace;
  std::string library, letter;  // from a grader: the policy compiled already, and labs/sealed.hpp
  std::uint64_t seed = 1, variant = 0;
  bool predict = false;
};

constexpr std::size_t kTextWidth = 78;
constexpr double kNear = 0.05;  // of the truth: a prediction that counts as right

class Command {
 public:
  Command(const Flags& f, const Terminal& t) : f_(f), t_(t), say_(t.say) {}

  int run() {
    if (auto why = read()) return refuse(t_, "simulate", *why);
    if (f_.variant > 0) {
      workload_ = variant(workload_, f_.variant);
      print(say_("simulate.variant", {{"n", std::to_string(f_.variant)}}) + "\n" +
            to_text(workload_) + "\n");
    }
    std::optional<double> predicted;
    if (f_.predict) predicted = ask();
    const auto type = *lwp::policy_named(f_.policy);
    const Simulation result = simulate::simulate(workload_, type, f_.seed);
    print(say_("simulate.title", {{"file", f_.workload}, {"policy", f_.policy}}) + "\n\n" +
          chart(workload_, result, kTextWidth, say_) + "\n" + table(workload_, result, say_));
    if (predicted) score(*predicted, result.mean_waiting());
    if (asked_) asked_->answer(to_json(result, predicted));
    if (!write_output(f_.json, to_json(result, predicted).dump(1) + "\n"))
      return refuse(t_, "simulate",
                    {say_("usage.cannot_write", {{"path", f_.json}}), kMachineLacks});
    if (f_.trace.empty()) return kDone;
    if (!write_output(f_.trace, to_recording(workload_, result, f_.workload, f_.policy)))
      return refuse(t_, "simulate",
                    {say_("usage.cannot_write", {{"path", f_.trace}}), kMachineLacks});
    print("\n" + trace::recorded(f_.trace, say_) + "\n");
    return kDone;
  }

 private:
  std::optional<Refusal> read() {
    std::ifstream in(f_.workload);
    std::ostringstream text;
    if (!in || !(text << in.rdbuf()))
      return Refusal{say_("simulate.no_file", {{"file", f_.workload}})};
    auto parsed = parse(text.str());
    if (auto* bad = std::get_if<BadLine>(&parsed)) {
      const std::string line = std::to_string(bad->line);
      return Refusal{bad->word.empty() ? say_("simulate.line_ends", {{"file", f_.workload},
                                                                     {"line", line},
                                                                     {"expected", bad->expected}})
                                       : say_("simulate.bad_word", {{"file", f_.workload},
                                                                    {"line", line},
                                                                    {"word", bad->word},
                                                                    {"expected", bad->expected}})};
    }
    workload_ = std::get<Workload>(std::move(parsed));
    for (const auto& path : {f_.json, f_.trace}) {
      if (!can_write(path)) return Refusal{say_("usage.cannot_write", {{"path", path}})};
    }
    if (is_policy_file(f_.policy)) {
      if (!f_.letter.empty()) asked_.emplace(f_.letter);  // nothing of the policy's has run yet
      auto verdict = f_.library.empty() ? use_policy_file(f_.policy, say_)
                                        : use_policy_library(f_.library, f_.policy, say_);
      if (verdict.exit_code != kDone) return Refusal{verdict.text, verdict.exit_code};
    }
    // One that the runtime refuses, being for simulation only, is welcome here.
    if (!lwp::policy_named(f_.policy)) {
      if (auto why = lwp::refuse_policy(f_.policy)) return Refusal{*why};
    }
    return std::nullopt;
  }

  // The mean waiting time, in ms; nothing where nobody answers.
  std::optional<double> ask() {
    print(to_text(workload_));
    for (std::string line; true;) {
      print(say_("simulate.ask", {{"policy", f_.policy}}) + " ");
      std::fflush(words_beside(f_.json));
      if (!std::getline(std::cin, line)) return std::nullopt;
      char* end = nullptr;
      const double value = std::strtod(line.c_str(), &end);
      if (end != line.c_str() && *end == '\0' && value >= 0) return value;
    }
  }

  void score(double predicted, double truth) {
    const double off = truth > 0 ? std::abs(predicted - truth) / truth : predicted > 0 ? 1 : 0;
    char you[40], it[40], percent[40];
    std::snprintf(you, sizeof you, "%.2f", predicted);
    std::snprintf(it, sizeof it, "%.2f", truth);
    std::snprintf(percent, sizeof percent, "%.0f", off * 100);
    const bool right = off <= kNear;
    lab::Mine mine;
    mine.keep({f_.workload, f_.policy, f_.variant, predicted, truth, right});
    const auto [n, right_ones] = mine.kept();
    print(
        "\n" +
        say_(right ? MessageId("simulate.right") : MessageId("simulate.off"),
             {{"you", you}, {"it", it}, {"percent", percent}}) +
        "\n" +
        say_("simulate.so_far", {{"right", std::to_string(right_ones)}, {"n", std::to_string(n)}}) +
        "\n");
  }

  ordered_json to_json(const Simulation& s, std::optional<double> predicted) const {
    ordered_json jobs = ordered_json::array(), segments = ordered_json::array();
    auto in_ms = [](Nanos t) { return static_cast<double>(t) / kMs; };
    for (const Outcome& o : s.outcomes) {
      jobs.push_back({{"name", workload_.jobs[o.job].name},
                      {"time", o.time},
                      {"arrival", in_ms(o.arrived)},
                      {"response", in_ms(o.response())},
                      {"turnaround", in_ms(o.turnaround())},
                      {"waiting", in_ms(o.waiting())},
                      {"missed", o.missed()}});
    }
    constexpr const char* kStates[] = {"ready", "runs", "waits"};
    for (const Segment& g : s.segments) {
      segments.push_back({{"name", workload_.jobs[g.job].name},
                          {"state", kStates[static_cast<int>(g.state)]},
                          {"begin", in_ms(g.begin)},
                          {"end", in_ms(g.end)}});
    }
    return {
        {"schema", "weft.simulate/1"},
        {"policy", f_.policy},
        {"seed", f_.seed},
        {"unit", "ms"},
        {"mean_waiting", s.mean_waiting()},
        {"mean_turnaround", s.mean_turnaround()},
        {"mean_response", s.mean_response()},
        {"fairness", s.fairness()},
        {"switches", s.switches},
        {"missed", s.missed()},
        {"end", in_ms(s.end)},
        {"predicted_mean_waiting", predicted ? ordered_json(*predicted) : ordered_json(nullptr)},
        {"jobs", jobs},
        {"segments", segments}};
  }

  void print(const std::string& text) { std::fputs(t_.shown(text).c_str(), words_beside(f_.json)); }

  const Flags& f_;
  const Terminal& t_;
  const Say& say_;
  Workload workload_;
  std::optional<Asked> asked_;
};

}  // namespace

void simulate_command(CLI::App& sub, const Terminal& terminal, int& exit_code) {
  auto f = std::make_shared<Flags>();
  const Say& say = terminal.say;
  sub.add_option("--workload", f->workload, say("simulate.help_workload"))
      ->type_name("FILE")
      ->required();
  sub.add_option("--policy", f->policy, say("simulate.help_policy"))->capture_default_str();
  seed_option(sub, f->seed, say("simulate.help_seed"));
  sub.add_option("--variant", f->variant, say("simulate.help_variant"))->type_name("N");
  sub.add_flag("--predict", f->predict, say("simulate.help_predict"));
  sub.add_option("--json", f->json, say("simulate.help_json"))->type_name("FILE");
  trace::add_option(sub, f->trace, say);
  sub.add_option("--library", f->library)->group("");  // not for people
  sub.add_option("--letter", f->letter)->group("");
  sub.footer(say("simulate.footer"));
  sub.callback([=, &terminal, &exit_code] { exit_code = Command(*f, terminal).run(); });
}

}  // namespace weft::labs
