// SPDX-License-Identifier: BSL-1.0
#include "labs/compare/screen.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "labs/columns.hpp"
#include "labs/compare/findings.hpp"

namespace weft::labs::compare {
namespace {

constexpr std::size_t kBar = 7;

// Columns of the table, from the left: label, LWPs, predicted, measured with its bar, idle.
class Table {
 public:
  Table(const Comparison& c, const Terminal& t) : c_(c), t_(t) {
    for (const auto& row : c.rows) {
      label_ = std::max(label_, columns(label(row.spec, t.say)));
      fastest_ = std::max(fastest_, row.rps_median());
    }
  }

  std::string text() const {
    const Say& say = t_.say;
    // The unit stands over both columns of rates.
    std::string out = line(pad_left(say("compare.rate_unit"), label_ + 22) +
                           pad_left(say("compare.idle_1"), kWidth - 1 - label_ - 22));
    out += line(pad_right("", label_) + pad_left(say("compare.lwps"), 5) +
                pad_left(say("compare.predicted"), 11) + pad_left(say("compare.measured"), 10) +
                pad_left(say("compare.idle_2"), kWidth - 1 - label_ - 26));
    bool sections = c_.setup.heads.size() > 1;
    int heads = 0;
    for (const auto& row : c_.rows) {
      if (sections && row.spec.in_service > 1 &&
          row.spec.heads != std::exchange(heads, row.spec.heads))
        out += line(row.spec.heads == 1 ? say("compare.section_one_head")
                                        : say("compare.section_heads",
                                              {{"heads", std::to_string(row.spec.heads)}}));
      out += line(row_text(row));
    }
    return out;
  }

 private:
  static std::string line(std::string text) { return text + '\n'; }

  std::string row_text(const Row& row) const {
    std::string predicted = row.predicted ? number(row.predicted->rps) : "–";
    auto bar = static_cast<std::size_t>(
        fastest_ > 0 ? std::lround(row.rps_median() / fastest_ * kBar) : 0);
    std::string bars;
    for (std::size_t i = 0; i < bar; ++i) bars += "▇";
    return pad_right(label(row.spec, t_.say), label_) + pad_left(lwps(row.spec), 5) +
           pad_left(predicted, 11) + pad_left(number(row.rps_median()), 7) + ' ' +
           pad_right(bars, kBar) +
           pad_left(number(100 * row.idle_share(), 0) + " %", kWidth - 1 - label_ - 31);
  }

  const Comparison& c_;
  const Terminal& t_;
  std::size_t label_ = 33;
  double fastest_ = 0;
};

std::size_t last_line(const std::string& text) {
  return columns(text.substr(text.rfind('\n') + 1));  // npos + 1 is the beginning
}

// "2 Text …                  Try: command", the command on the right if it fits, below if not.
std::string with_hint(const Finding& finding) {
  std::string text = wrap(std::to_string(finding.number) + " " + finding.text, kWidth, 2);
  if (finding.hint.empty()) return text;
  std::size_t used = last_line(text);
  if (used + 2 + columns(finding.hint) > kWidth) text += '\n', used = 0;
  return text + pad_left(finding.hint, kWidth - used);
}

}  // namespace

std::array<std::string, 2> setup_lines(const Comparison& c, Say say) {
  const Setup& s = c.setup;
  std::string clients = say("compare.setup_clients", {{"clients", std::to_string(s.clients)}});
  if (s.workers.size() == 1)
    clients += say("compare.setup_workers", {{"workers", std::to_string(s.workers[0])}});
  clients += s.own_core ? say("compare.setup_own_core") : say("compare.setup_shared_core");
  if (s.scale != 1)
    clients += say("compare.setup_scale", {{"scale", number(s.scale, s.scale < 10 ? 1 : 0)}});
  return {say("compare.setup",
              {{"cpu", number(s.network.cpu_ms, 0)}, {"disk", number(s.network.disk_ms, 0)}}),
          clients};
}

std::string provenance(const Comparison& c, Say say) {
  std::string runs = c.rounds == 1 ? say("compare.one_run")
                                   : say("compare.runs", {{"n", std::to_string(c.rounds)}});
  std::string text =
      say("compare.measured_on",
          {{"date", c.date}, {"cpu", c.cpu}, {"runs", runs}, {"spread", number(c.spread(), 1)}});
  if (const Row* far = c.farthest())
    text +=
        say("compare.farthest",
            {{"row", label(far->spec, say)},
             {"d", (*far->deviation() < 0 ? "–" : "+") + number(std::abs(*far->deviation()), 1)}});
  text += say("compare.stop");
  for (const auto& row : c.rows)
    if (row.errors > 0) {
      text += say(
          "compare.errors",
          {{"n", grouped(c.errors())}, {"first", row.first_error}, {"row", label(row.spec, say)}});
      break;
    }
  if (c.disturbed > 0)
    text += say("compare.disturbed",
                {{"n", std::to_string(c.disturbed)}, {"all", std::to_string(c.windows())}});
  return text;
}

std::string next_step(const Comparison& c, Say say) {
  return say("compare.next",
             {{"command", c.setup.workers.size() == 1 ? "./weft compare --workers 1,2,4,8,16"
                                                      : "./weft bench --quick"}});
}

bool has_one_head(const Comparison& c) {
  return std::any_of(c.rows.begin(), c.rows.end(),
                     [](const Row& row) { return row.spec.heads == 1 && row.spec.in_service > 1; });
}

std::string screen(const Comparison& c, const Terminal& t, const std::string& report,
                   bool replaced) {
  const Say& say = t.say;
  std::string out = t.bold(say("compare.title")) + '\n';
  for (const auto& line : setup_lines(c, say)) out += wrap(line, kWidth) + '\n';
  out += Table(c, t).text();
  if (!c.setup.own_core) out += wrap(say("compare.one_core"), kWidth) + '\n';
  if (has_one_head(c)) out += wrap(say("compare.idle_one_head"), kWidth) + '\n';
  for (const auto& finding : findings(c, say)) {
    std::string text = with_hint(finding);
    out += (finding.held ? text : t.dim(text)) + '\n';
  }
  // The command is never broken: a person copies it.
  std::string next = next_step(c, say);
  out += wrap(provenance(c, say), kWidth);
  out += (last_line(out) + 1 + columns(next) <= kWidth ? ' ' : '\n') + next + '\n';
  if (!report.empty())
    out += say(replaced ? MessageId("compare.report_replaced") : MessageId("compare.report_at"),
               {{"path", report}}) +
           '\n';
  return t.shown(out);
}

}  // namespace weft::labs::compare
