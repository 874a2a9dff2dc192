// SPDX-License-Identifier: BSL-1.0
#include "labs/trace/text.hpp"

#include <algorithm>
#include <cstdio>
#include <span>

#include "labs/columns.hpp"
#include "labs/table.hpp"

namespace weft::labs::trace {
namespace {

constexpr std::size_t kMostRows = 12;
constexpr std::size_t kMostName = 34;

std::string shortened(const std::string& name) {
  if (columns(name) <= kMostName) return name;
  std::size_t at = 0;
  std::string kept;
  while (columns(kept) < kMostName - 1) {
    const std::size_t from = at;
    take_code_point(name, at);
    kept += name.substr(from, at - from);
  }
  return kept + "…";
}

std::string time_or_dash(Nanos t) {
  return t == 0 ? "–" : duration(t);
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == text.npos) return text;
  std::string out = "\"";
  for (char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

}  // namespace

const char* word(State state) {
  switch (state) {
    case State::none:
      return "none";
    case State::running:
      return "running";
    case State::ready:
      return "ready";
    case State::waits:
      return "waits";
    case State::io:
      return "io";
    case State::asleep:
      return "asleep";
    case State::blocked:
      return "blocked";
    case State::idle:
      return "idle";
    case State::unpermitted:
      return "unpermitted";
  }
  return "";
}

std::string words(State state, const Say& say) {
  switch (state) {
    case State::none:
      return say("state.none");
    case State::running:
      return say("state.running");
    case State::ready:
      return say("state.ready");
    case State::waits:
      return say("state.waits");
    case State::io:
      return say("state.io");
    case State::asleep:
      return say("state.asleep");
    case State::blocked:
      return say("state.blocked");
    case State::idle:
      return say("state.idle");
    case State::unpermitted:
      return say("state.unpermitted");
  }
  return {};
}

std::string in_text(const Model& m, const Summary& s, const Terminal& t) {
  const Say& say = t.say;
  const Recording& r = m.recording;
  std::string out;
  for (const auto& p : r.processes) {
    out += say("report.process",
               {{"number", std::to_string(p.number)}, {"command", printable(p.command)}}) +
           "\n";
    for (const auto& runtime : m.runtimes) {
      if (&r.processes[runtime.process] == &p && !runtime.about.empty()) {
        out += "  " + runtime.about + "\n";
      }
    }
  }
  std::uint64_t events = 0;
  for (const auto& p : r.processes) events += p.events;
  char share[32], each[32];
  std::snprintf(share, sizeof share, "%.1f %%", 100 * s.share);
  std::snprintf(each, sizeof each, "%.0f ns", s.event_ns);
  out += wrap(say("report.recorded", {{"time", duration(m.length())},
                                      {"events", std::to_string(events)},
                                      {"dropped", std::to_string(r.dropped)},
                                      {"each", each},
                                      {"share", share}}),
              80) +
         "\n\n";
  auto title = [&](const std::string& text) { out += t.bold(text) + "\n"; };
  auto rest = [&](std::size_t rows) {
    if (rows > kMostRows) {
      out += "  " + say("report.more", {{"n", std::to_string(rows - kMostRows)}}) + "\n";
    }
    out += "\n";
  };
  title(say("report.findings"));
  int n = 0;
  for (const auto& f : s.findings) {
    out += wrap(" " + std::to_string(++n) + ". " + printable(f.text) +
                    (f.end > f.begin ? "  [" + duration(f.begin - r.began) + "]" : ""),
                80, 4) +
           "\n";
  }
  out += "\n";
  auto first = [](const auto& rows) {
    return std::span(rows).first(std::min(rows.size(), kMostRows));
  };
  if (!s.calls.empty()) {
    title(say("report.calls"));
    Table table({say("report.call"), say("report.count"), say("report.total"), "p99",
                 say("report.worst"), say("report.at"), say("report.handed"),
                 say("report.collateral")});
    for (const auto& c : first(s.calls)) {
      table.add({shortened(printable(c.what)), std::to_string(c.times.count),
                 duration(c.times.total), duration(c.times.p99), duration(c.times.worst),
                 duration(c.times.worst_at - r.began), std::to_string(c.handed_off),
                 time_or_dash(c.collateral)});
    }
    out += table.text(t, 1);
    rest(s.calls.size());
  }
  if (!s.waits.empty()) {
    title(say("report.waits"));
    Table table({say("report.waiter"), say("report.what"), say("report.owner"), say("report.waker"),
                 say("report.count"), say("report.total"), "p99", say("report.worst"),
                 say("report.at")});
    auto name = [&](std::uint32_t f) {
      return f == kNobody ? "–" : shortened(printable(name_of(m, f)));
    };
    for (const auto& w : first(s.waits)) {
      table.add({name(w.waiter), shortened(w.what), name(w.owner), name(w.waker),
                 std::to_string(w.times.count), duration(w.times.total), duration(w.times.p99),
                 duration(w.times.worst), duration(w.times.worst_at - r.began)});
    }
    out += table.text(t, 4);
    rest(s.waits.size());
  }
  if (!s.spans.empty()) {
    title(say("report.spans"));
    Table table(
        {say("report.span"), say("report.count"), "p50", "p90", "p99", say("report.worst")});
    for (const auto& row : first(s.spans)) {
      table.add({row.what, std::to_string(row.count), duration(row.p50), duration(row.p90),
                 duration(row.p99), duration(row.worst)});
    }
    out += table.text(t, 1);
    rest(s.spans.size());
  }
  auto lanes = [&](const std::vector<LaneRow>& rows, bool of_lwps) {
    const std::vector<State> states =
        of_lwps ? std::vector{State::running, State::blocked, State::idle, State::unpermitted}
                : std::vector{State::running, State::ready,  State::waits,
                              State::io,      State::asleep, State::blocked};
    std::vector<std::string> head{of_lwps ? "LWP" : say("report.fiber")};
    for (State x : states) head.push_back(words(x, say));
    if (of_lwps) head.push_back(say("state.off"));
    head.push_back(say("report.runs"));
    Table table(head);
    // Those that did or waited most, first.
    std::vector<const LaneRow*> sorted;
    for (const auto& row : rows) sorted.push_back(&row);
    if (!of_lwps) {
      auto weight = [](const LaneRow* a) {
        return a->in[static_cast<std::size_t>(State::running)] +
               a->in[static_cast<std::size_t>(State::ready)] +
               a->in[static_cast<std::size_t>(State::blocked)];
      };
      std::stable_sort(sorted.begin(), sorted.end(),
                       [&](auto* a, auto* b) { return weight(a) > weight(b); });
    }
    for (const LaneRow* row : first(sorted)) {
      std::vector<std::string> cells{
          shortened(printable(of_lwps ? lwp_name(m, row->lane) : name_of(m, row->lane)))};
      for (State x : states) cells.push_back(time_or_dash(row->in[static_cast<std::size_t>(x)]));
      if (of_lwps) cells.push_back(time_or_dash(row->off));
      cells.push_back(std::to_string(row->runs));
      table.add(cells);
    }
    title(say(of_lwps ? MessageId("report.lwps") : MessageId("report.fibers")));
    out += table.text(t, 1);
    rest(rows.size());
  };
  lanes(s.lwps, true);
  lanes(s.fibers, false);
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

std::string to_csv(const Model& m) {
  std::string out = "process,runtime,lane,name,begin_ns,end_ns,state,what,who,owner,waker\n";
  auto write = [&](const Lane& lane, const std::string& name, bool of_lwp) {
    const Runtime& runtime = m.runtimes[lane.runtime];
    const std::string head = std::to_string(m.recording.processes[runtime.process].number) + "," +
                             std::to_string(runtime.number) + "," + (of_lwp ? "lwp" : "fiber") +
                             "," + quoted(name) + ",";
    for (const Slice& s : lane.slices) {
      if (s.length() == 0) continue;
      const std::string what = s.object != kNobody ? object_name(m, s.object) : m.text(s.what);
      const std::string who = s.who == kNobody ? ""
                              : of_lwp         ? name_of(m, s.who)
                                               : lwp_name(m, s.who);
      out += head + std::to_string(s.begin - m.recording.began) + "," +
             std::to_string(s.end - m.recording.began) + "," + word(s.state) + "," + quoted(what) +
             "," + quoted(who) + "," + quoted(name_of(m, s.owner)) + "," +
             quoted(name_of(m, s.waker)) + "\n";
    }
  };
  for (std::size_t i = 0; i < m.lwps.size(); ++i) {
    write(m.lwps[i], lwp_name(m, static_cast<std::uint32_t>(i)), true);
  }
  for (std::size_t i = 0; i < m.fibers.size(); ++i) {
    write(m.fibers[i], name_of(m, static_cast<std::uint32_t>(i)), false);
  }
  return out;
}

}  // namespace weft::labs::trace
