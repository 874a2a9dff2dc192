// SPDX-License-Identifier: BSL-1.0
#include "labs/simulate/chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "labs/columns.hpp"

namespace weft::labs::simulate {
namespace {

constexpr std::size_t kLongestName = 12, kNumber = 11;

// A length of time that a column may stand for: 1, 2 or 5 times a power of ten.
Nanos step_for(Nanos end, std::size_t columns) {
  for (Nanos power = 1'000; true; power *= 10) {
    for (Nanos digit : {1, 2, 5}) {
      if (static_cast<Nanos>(columns) * digit * power >= end) return digit * power;
    }
  }
}

std::string ms(double value, int digits = 1) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}
std::string plain_ms(Nanos t) {
  char text[40];
  std::snprintf(text, sizeof text, "%g", static_cast<double>(t) / kMs);
  return text;
}

std::string name_of(const Workload& w, const Outcome& o) {
  const Job& job = w.jobs[o.job];
  return job.times > 1 ? job.name + "#" + std::to_string(o.time) : job.name;
}

template <class Names>
std::size_t width_of(const Names& names) {
  std::size_t width = 0;
  for (const std::string& name : names) width = std::max(width, columns(name));
  return std::min(width, kLongestName) + 2;
}

std::string name_cell(const std::string& name, std::size_t width) {
  std::string cut;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t before = at;
    take_code_point(name, at);
    if (columns(cut + name.substr(before, at - before)) > width - 2) break;
    cut += name.substr(before, at - before);
  }
  return pad_right(cut, width);
}

}  // namespace

std::string chart(const Workload& w, const Simulation& s, std::size_t width, const Say& say) {
  std::vector<std::string> labels;
  for (const Job& job : w.jobs) labels.push_back(job.name);
  const std::size_t names = width_of(labels), room = width - names;
  const Nanos step = step_for(std::max<Nanos>(s.end, 1), room);
  const auto count = static_cast<std::size_t>((s.end + step - 1) / step);
  std::vector<std::vector<char>> rows(w.jobs.size(), std::vector<char>(count, ' '));
  auto rank = [](char c) { return std::string(" .-#").find(c); };
  for (const Segment& g : s.segments) {
    const char mark = g.state == Segment::State::runs    ? '#'
                      : g.state == Segment::State::ready ? '.'
                                                         : '-';
    const auto first = static_cast<std::size_t>(g.begin / step);
    const auto end = static_cast<std::size_t>((g.end + step - 1) / step);
    for (std::size_t i = first; i < end; ++i) {
      char& cell = rows[g.job][i];
      if (rank(mark) > rank(cell)) cell = mark;
    }
  }
  std::string out;
  for (std::size_t j = 0; j < rows.size(); ++j) {
    std::string row = name_cell(w.jobs[j].name, names);
    for (char c : rows[j]) row += c == '#' ? "█" : c == '.' ? "░" : c == '-' ? "·" : " ";
    out += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  }
  std::string scale(names, ' ');
  for (std::size_t i = 0; i < count; i += 10) {
    scale += pad_right(plain_ms(static_cast<Nanos>(i) * step), 10);
  }
  out += scale.substr(0, scale.find_last_not_of(' ') + 1) + " ms\n";
  return out + say("simulate.legend", {{"step", plain_ms(step)}}) + "\n";
}

std::string table(const Workload& w, const Simulation& s, const Say& say) {
  std::vector<std::string> labels{say("simulate.mean")};
  for (const Outcome& o : s.outcomes) labels.push_back(name_of(w, o));
  const std::size_t names = width_of(labels);
  auto row = [&](const std::string& name, const std::array<std::string, 5>& cells) {
    std::string line = name_cell(name, names);
    for (const auto& c : cells) line += pad_left(c, kNumber);
    return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  };
  std::string out =
      row("", {say("simulate.arrival"), say("simulate.response"), say("simulate.turnaround"),
               say("simulate.waiting"), s.missed() > 0 ? say("simulate.deadline") : ""});
  for (const Outcome& o : s.outcomes) {
    auto cell = [](Nanos t) { return ms(static_cast<double>(t) / kMs); };
    out += row(name_of(w, o),
               {cell(o.arrived), cell(o.response()), cell(o.turnaround()), cell(o.waiting()),
                o.missed() ? say("simulate.late", {{"ms", cell(o.ended - o.due)}}) : ""});
  }
  out += row(say("simulate.mean"), {"", ms(s.mean_response(), 2), ms(s.mean_turnaround(), 2),
                                    ms(s.mean_waiting(), 2), ""});
  const auto due = std::ranges::count_if(s.outcomes, [](const Outcome& o) { return o.due > 0; });
  out +=
      "\n" + say("simulate.sums", {{"switches", std::to_string(s.switches)},
                                   {"busy", ms(100 * static_cast<double>(s.busy) /
                                                   static_cast<double>(std::max<Nanos>(s.end, 1)),
                                               0)},
                                   {"fairness", ms(s.fairness(), 2)}});
  if (due > 0) {
    out += " · " + say("simulate.missed",
                       {{"missed", std::to_string(s.missed())}, {"all", std::to_string(due)}});
  }
  return out + "\n";
}

}  // namespace weft::labs::simulate
