// SPDX-License-Identifier: BSL-1.0
#include <array>
#include <cmath>
#include <cstdio>

#include "labs/bench/report.hpp"
#include "labs/columns.hpp"

namespace weft::labs::bench {
namespace {

constexpr std::string_view kCost = "cost-";

// Three digits that count: 4.21, 37.2, 1024.
std::string digits(double value) {
  std::array<char, 32> text;
  double size = std::abs(value);
  int after = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  std::snprintf(text.data(), text.size(), "%.*f", after, value);
  return text.data();
}

// A unit in which a figure has few digits.
struct Shown {
  double factor;
  const char* unit;
};
Shown shown_in(const std::string& unit, double value) {
  if (unit == "ns")
    return value < 1e3   ? Shown{1, " ns"}
           : value < 1e6 ? Shown{1e3, " µs"}
           : value < 1e9 ? Shown{1e6, " ms"}
                         : Shown{1e9, " s"};
  if (unit == "/s")
    return value < 1e3 ? Shown{1, " /s"} : value < 1e6 ? Shown{1e3, " K/s"} : Shown{1e6, " M/s"};
  if (unit == "B")
    return value < 1024          ? Shown{1, " B"}
           : value < 1024 * 1024 ? Shown{1024, " KiB"}
                                 : Shown{1024 * 1024, " MiB"};
  return {1, ""};
}

std::string with_unit(const std::string& unit, double value) {
  Shown in = shown_in(unit, value);
  return digits(value / in.factor) + in.unit;
}

// Of the unit's figure; from ten thousand on in thousands and millions.
std::string times(double ratio) {
  if (ratio < 1e4) return digits(ratio);
  return ratio < 1e6 ? digits(ratio / 1e3) + " K" : digits(ratio / 1e6) + " M";
}

std::string row_line(const std::string& row, const std::string& engine, const std::string& lwps,
                     const std::string& median, const std::string& range, const std::string& ratio,
                     const std::string& target, const std::string& met) {
  std::string text = pad_right(row, 18) + pad_right(engine, 12) + pad_left(lwps, 4) +
                     pad_left(median, 9) + pad_left(range, 14) + pad_left(ratio, 9) +
                     pad_left(target, 10) + pad_left(met, 4);
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

class Screen {
 public:
  Screen(const Results& results, const Terminal& t) : results_(results), t_(t), say_(t.say) {}

  std::string table() const {
    std::string rows;
    for (const Result& result : results_)
      if (!result.row.name.starts_with(kCost)) rows += row(result) + '\n';
    return t_.bold(row_line("", say_("bench.engine"), say_("bench.lwps"), say_("bench.median"),
                            say_("bench.range"),
                            find(results_, kUnit) ? say_("bench.ratio") : say_("bench.ratio_peer"),
                            say_("bench.target"), "")) +
           '\n' + rows;
  }

  // A sentence for each target that is missed.
  std::string missed() const {
    std::string out;
    for (const Result& result : results_) {
      if (met(results_, result).value_or(true)) continue;
      const Target& target = *result.row.target;
      const std::string relation = target.at_least ? "≥" : "≤";
      std::string what = result.row.id(), limit = with_unit(result.row.unit, target.limit);
      std::string value =
          result.figures.empty() ? "–" : with_unit(result.row.unit, result.median());
      if (const Result* base = find(results_, target.of); base && !result.figures.empty()) {
        value = digits(result.median() / base->median());
        limit = digits(target.limit) + " × " + base->row.id();
      }
      out += wrap(say_("bench.missed",
                       {{"row", what}, {"value", value}, {"limit", relation + " " + limit}}),
                  kWidth, 2) +
             '\n';
    }
    return out;
  }

  // The textbook's comparison: what a thing costs, and what it shares with who made it.
  std::string cost() const {
    std::string out;
    for (Engine engine : {Engine::bare, Engine::weft, Engine::pthread, Engine::process}) {
      auto cell = [&](const char* name) {
        const Result* r = find(
            results_, std::string(kCost) + name + '/' + std::string(bench::name(engine)) + "/1");
        return r == nullptr ? "–" : with_unit(r->row.unit, r->median());
      };
      const Result* shares =
          find(results_, std::string(kCost) + "shared/" + std::string(bench::name(engine)) + "/1");
      if (shares == nullptr) continue;
      out += cost_line(kind(engine), cell("create"), cell("switch"), cell("memory"),
                       shared(shares->median())) +
             '\n';
    }
    if (out.empty()) return out;
    return '\n' +
           t_.bold(cost_line("", say_("bench.create"), say_("bench.switch"), say_("bench.memory"),
                             say_("bench.shared"))) +
           '\n' + out;
  }

 private:
  std::string row(const Result& result) const {
    const Row& row = result.row;
    const std::string engine(name(row.engine)), lwps = std::to_string(row.lwps);
    if (result.figures.empty())
      return row_line(row.name, engine, lwps, "–", "", "", "", "") + '\n' +
             wrap("  " + say_("bench.failed", {{"why", result.failed}}), kWidth, 2);
    const Shown in = shown_in(row.unit, result.median());
    const std::string range =
        digits(result.least() / in.factor) + "–" + digits(result.most() / in.factor);
    std::string ratio, target, verdict;
    const Result* beside = find(results_, row.beside);
    if (beside != nullptr && (row.unit == "ns" || row.unit == "/s"))
      ratio = times(result.median() / beside->median());
    if (auto limit = limit_of(results_, result)) {
      target = (row.target->at_least ? "≥ " : "≤ ") + with_unit(row.unit, *limit);
      verdict = *met(results_, result) ? say_("bench.met") : say_("bench.not_met");
    }
    std::string line = row_line(row.name, engine, lwps, with_unit(row.unit, result.median()), range,
                                ratio, target, verdict);
    if (result.doubt.empty()) return line;
    return line + '\n' + wrap("  " + say_("bench.doubt", {{"why", result.doubt}}), kWidth, 2);
  }

  std::string cost_line(const std::string& what, const std::string& create, const std::string& pass,
                        const std::string& memory, const std::string& shared) const {
    return pad_right(what, 15) + pad_left(create, 11) + pad_left(pass, 11) + pad_left(memory, 11) +
           "  " + shared;
  }
  std::string kind(Engine engine) const {
    switch (engine) {
      case Engine::bare:
        return say_("bench.call");
      case Engine::weft:
        return say_("bench.fiber");
      case Engine::pthread:
        return say_("bench.thread");
      default:
        return say_("bench.process");
    }
  }
  std::string shared(double count) const {
    if (count >= 3) return say_("bench.shares_stack");
    if (count >= 2) return say_("bench.shares_thread");
    if (count >= 1) return say_("bench.shares_memory");
    return say_("bench.shares_nothing");
  }

  const Results& results_;
  const Terminal& t_;
  const Say& say_;
};

}  // namespace

std::string screen(const Plan& plan, const Results& results, const Terminal& terminal) {
  const Screen screen(results, terminal);
  std::string text = screen.table() + screen.cost();
  std::string notes = screen.missed();
  if (plan.one_cpu) notes += wrap(terminal.say("bench.one_cpu"), kWidth) + '\n';
  if (plan.quick) notes += wrap(terminal.say("bench.rough"), kWidth) + '\n';
  if (!notes.empty()) text += '\n' + notes;
  return terminal.shown(text);
}

}  // namespace weft::labs::bench
