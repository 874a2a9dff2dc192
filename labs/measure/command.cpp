// SPDX-License-Identifier: BSL-1.0
// weft measure: the command line, the table, and the prediction that comes first if asked for.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "labs/columns.hpp"
#include "labs/commands.hpp"
#include "labs/exit.hpp"
#include "labs/measure/measure.hpp"
#include "labs/output_file.hpp"
#include "labs/suggest.hpp"
#include "labs/trace/start.hpp"

namespace weft::labs {
namespace {

using namespace measure;
using lwp::os::Nanos;

struct Flags {
  std::vector<std::string> names;
  double ms = 200;
  int cpus = 1;
  bool predict = false;
  std::string json, trace;
};

std::string milliseconds(Nanos t) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f ms", static_cast<double>(t) / 1e6);
  return text;
}

// What the runtime saw: "read(7 = pipe:[123]), 1 waited 199.9 ms".
std::string seen(const Measured& m, const Say& say) {
  if (m.preemptions > 0) {
    return say("measure.seen_stopped", {{"n", std::to_string(m.preemptions)}});
  }
  if (!m.episode) return "–";
  const auto& e = *m.episode;
  std::string call = e.call != nullptr        ? e.call
                     : e.announced != nullptr ? say("measure.announced")
                                              : say("measure.some_call");
  if (e.descriptor >= 0) {
    std::string path = e.path.data();
    // The name is enough: the folder is one that this command made.
    if (auto slash = path.rfind('/'); slash != path.npos) path = "…" + path.substr(slash);
    call += "(" + std::to_string(e.descriptor) + (path.empty() ? "" : " = " + path) + ")";
  }
  if (e.handed_off) return say("measure.seen_handed", {{"call", call}});
  if (e.collateral == 0) return call;
  return say("measure.seen_waited", {{"call", call},
                                     {"n", std::to_string(e.ready_at_begin)},
                                     {"time", milliseconds(e.collateral)}});
}

nlohmann::json to_json(const OperationKind& op, const Row& row, const Measured& m) {
  nlohmann::json out = {{"operation", op.name},
                        {"mapping", name(row.config.mapping)},
                        {"engine", name(row.config.engine)},
                        {"on_block", name(row.config.on_block)},
                        {"announced", row.announced},
                        {"preempt_ms", static_cast<double>(row.config.preempt) / 1e6},
                        {"call_ms", static_cast<double>(m.call) / 1e6},
                        {"gap_ms", static_cast<double>(m.gap) / 1e6},
                        {"stood_still", nullptr},
                        {"lwps", m.lwps},
                        {"preemptions", m.preemptions},
                        {"episode", nullptr}};
  if (auto still = m.stood_still()) out["stood_still"] = *still;
  if (m.episode) {
    const auto& e = *m.episode;
    out["episode"] = {{"fiber", e.task},
                      {"lwp", e.lwp},
                      {"call", e.call == nullptr ? nlohmann::json() : nlohmann::json(e.call)},
                      {"descriptor", e.descriptor},
                      {"path", e.path.data()},
                      {"length_ms", static_cast<double>(e.length) / 1e6},
                      {"handed_off", e.handed_off},
                      {"ready_at_begin", e.ready_at_begin},
                      {"collateral_ms", static_cast<double>(e.collateral) / 1e6},
                      {"unpermitted_ms", static_cast<double>(e.unpermitted) / 1e6},
                      {"waited_for_permit_ms", static_cast<double>(e.waited_for_permit) / 1e6}};
  }
  return out;
}

// "y" or "n" from standard input; nothing at its end.
std::optional<bool> ask(const std::string& question, const Terminal& terminal, std::FILE* to) {
  std::string line;
  while (true) {
    std::fputs(terminal.shown(question).c_str(), to);
    std::fflush(to);
    if (!std::getline(std::cin, line)) return std::nullopt;
    if (line == "y" || line == "yes" || line == "是") return true;
    if (line == "n" || line == "no" || line == "否") return false;
    std::fputs("  ", to);
  }
}

class Command {
 public:
  Command(const Flags& flags, const Terminal& terminal)
      : f_(flags), t_(terminal), say_(terminal.say), progress_(terminal) {}

  int run() {
    if (auto why = read()) return refuse(t_, "measure", *why);
    if (auto why = trace::start(f_.trace, false, say_)) return refuse(t_, "measure", *why);
    print(say_("measure.title") + "\n" +
          say_("measure.setup", {{"cpus", std::to_string(f_.cpus)}}) + "\n");
    for (const auto* op : operations_) {
      try {
        measure_one(*op);
      } catch (const std::exception& error) {
        progress_.clear();
        return refuse(
            t_, "measure",
            {say_("measure.cannot", {{"op", std::string(op->name)}, {"why", error.what()}}),
             kMachineLacks});
      }
    }
    if (asked_ > 0) {
      print(say_("measure.score",
                 {{"right", std::to_string(right_)}, {"asked", std::to_string(asked_)}}) +
            "\n");
    }
    print(wrap(say_("measure.why"), 80) + "\n");
    const nlohmann::json all = {{"schema", "weft.measure/1"}, {"rows", json_}};
    if (!write_output(f_.json, all.dump(1) + '\n'))
      return refuse(t_, "measure",
                    {say_("usage.cannot_write", {{"path", f_.json}}), kMachineLacks});
    if (!f_.trace.empty()) print(trace::recorded(f_.trace, say_) + "\n");
    return kDone;
  }

 private:
  std::optional<Refusal> read() {
    std::vector<std::string> known;
    for (const auto& op : operations()) known.emplace_back(op.name);
    auto names =
        f_.names.empty() ? std::vector<std::string>{"sleep", "pipe", "cold-file"} : f_.names;
    if (names.size() == 1 && names[0] == "all") names = known;
    for (const auto& typed : names) {
      auto at = std::ranges::find(known, typed);
      if (at == known.end()) {
        std::string all;
        for (const auto& word : known) all += (all.empty() ? "" : ", ") + word;
        std::string text = say_("measure.unknown", {{"word", typed}, {"all", all}});
        if (auto near = nearest(typed, known)) {
          text += say_("main.did_you_mean", {{"word", *near}});
        }
        return Refusal{text};
      }
      operations_.push_back(&operations()[static_cast<std::size_t>(at - known.begin())]);
    }
    if (!(f_.ms >= 1 && f_.ms <= 10'000))
      return Refusal{say_("usage.range", {{"flag", "--ms"}, {"range", "1–10000"}})};
    auto cpus = lwp::os::allowed_cpus();
    if (f_.cpus < 1 || f_.cpus > static_cast<int>(cpus.size()))
      return Refusal{
          say_("usage.range", {{"flag", "--cpus"}, {"range", "1–" + std::to_string(cpus.size())}})};
    if (!can_write(f_.json)) return Refusal{say_("usage.cannot_write", {{"path", f_.json}})};
    cpus.resize(static_cast<std::size_t>(f_.cpus));
    if (!lwp::os::confine_to(cpus)) return Refusal{say_("measure.cannot_confine"), kMachineLacks};
    return std::nullopt;
  }

  void measure_one(const OperationKind& op) {
    const auto length = static_cast<Nanos>(f_.ms * 1e6);
    const std::vector<Row> rows = measure::rows(op);
    std::vector<std::optional<bool>> answers;
    if (f_.predict) {
      print("\n" + say_("measure.predict", {{"op", std::string(op.name)}}) + "\n");
      for (const auto& row : rows) {
        answers.push_back(ask("  " + pad_right(say_(row.label), kLabel) + say_("measure.question"),
                              t_, words_beside(f_.json)));
      }
    }
    std::string head = pad_right(std::string(op.name), kLabel) +
                       pad_left(say_("measure.call"), 11) + pad_left(say_("measure.gap"), 13) +
                       "  " + say_("measure.seen");
    print("\n" + t_.bold(head) + "\n");
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Row& row = rows[i];
      const std::string label = say_(row.label);
      progress_.show(std::string(op.name) + ", " + label);
      Measured m = measure::measure(row, op, length);
      progress_.clear();
      json_.push_back(to_json(op, row, m));
      std::string line = pad_right(label, kLabel) + pad_left(milliseconds(m.call), 11) +
                         pad_left(milliseconds(m.gap), 13) + "  ";
      if (i < answers.size() && answers[i]) {
        if (const auto still = m.stood_still()) {
          bool right = *answers[i] == *still;
          ++asked_;
          right_ += right;
          line += (right ? say_("measure.right") : say_("measure.wrong")) + " ";
        } else {
          line += say_("measure.unclear") + " ";
        }
      }
      print(line + seen(m, say_) + "\n");
    }
  }

  void print(const std::string& text) { std::fputs(t_.shown(text).c_str(), words_beside(f_.json)); }

  static constexpr std::size_t kLabel = 24;
  const Flags& f_;
  const Terminal& t_;
  const Say& say_;
  Progress progress_;
  std::vector<const OperationKind*> operations_;
  nlohmann::json json_ = nlohmann::json::array();
  int asked_ = 0, right_ = 0;
};

}  // namespace

void measure_command(CLI::App& sub, const Terminal& terminal, int& exit_code) {
  auto f = std::make_shared<Flags>();
  const Say& say = terminal.say;
  sub.add_option("OP", f->names, say("measure.help_op"));
  sub.add_option("--ms", f->ms, say("measure.help_ms"))->capture_default_str();
  sub.add_option("--cpus", f->cpus, say("measure.help_cpus"))->capture_default_str();
  sub.add_flag("--predict", f->predict, say("measure.help_predict"));
  sub.add_option("--json", f->json, say("measure.help_json"));
  trace::add_option(sub, f->trace, say);
  std::string all;
  for (const auto& op : operations()) all += (all.empty() ? "" : ", ") + std::string(op.name);
  sub.footer("Calls: " + all + ".\nExample: ./weft measure pipe compute --ms 100");
  sub.callback([=, &terminal, &exit_code] { exit_code = Command(*f, terminal).run(); });
}

}  // namespace weft::labs
