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

// "server, process 12: ./weft serve, from 0 ns to 2 s, started by 11"
template <class Length>
std::string about(const Process& p, const Recording& r, Length&& length, const Say& say) {
  const std::string number = std::to_string(p.number), command = printable(p.command);
  std::string out =
      p.role.empty() ? say("report.process", {{"number", number}, {"command", command}})
                     : say("report.process_role",
                           {{"role", printable(p.role)}, {"number", number}, {"command", command}});
  if (r.processes.size() < 2) return out;
  const std::string began = length(std::max<Nanos>(p.began - r.began, 0));
  out += ", " + (p.ended < 0 ? say("report.process_from", {{"began", began}})
                             : say("report.process_times",
                                   {{"began", began}, {"ended", length(p.ended - r.began)}}));
  for (const auto& other : r.processes) {
    if (other.number != p.parent) continue;
    out += ", " + say("report.process_parent", {{"parent", std::to_string(p.parent)}});
  }
  return out;
}

// "request 3:40212", the third of the client's port (fibers::flow_of).
std::string flow_name(const Model& m, const Span& s) {
  return m.text(s.what) + " " + std::to_string(s.flow >> 32) + ":" +
         std::to_string(s.flow & 0xffff);
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

std::string words(const std::array<std::uint64_t, kKnown>& known, const Say& say) {
  const std::string names[kKnown] = {"", say("known.announced"), say("known.sentinel"),
                                     say("known.look")};
  const auto kinds = std::count_if(known.begin(), known.end(), [](auto n) { return n > 0; });
  std::string out;
  for (std::size_t i = 1; i < kKnown; ++i) {
    if (known[i] == 0) continue;
    out += (out.empty() ? "" : ", ") + names[i];
    if (kinds > 1) out += " " + std::to_string(known[i]);
  }
  return out;
}

std::string in_text(const Model& m, const Summary& s, const Terminal& t) {
  const Say& say = t.say;
  const Recording& r = m.recording;
  auto length = [&](Nanos x) { return duration(m, x, say); };
  auto or_dash = [&](Nanos x) { return x == 0 ? std::string("–") : length(x); };
  std::string out;
  for (const auto& p : r.processes) {
    out += about(p, r, length, say) + "\n";
    for (const auto& runtime : m.runtimes) {
      if (&r.processes[runtime.process] == &p && !runtime.about.empty()) {
        out += "  " + printable(runtime.about) + "\n";
      }
    }
  }
  if (r.steps) out += say("report.counted_in_steps") + "\n";
  std::uint64_t events = 0;
  for (const auto& p : r.processes) events += p.events;
  char share[32], each[32];
  std::snprintf(share, sizeof share, "%.1f %%", 100 * s.share);
  std::snprintf(each, sizeof each, "%.0f ns", s.event_ns);
  const auto told = s.event_ns > 0 ? MessageId("report.recorded") : MessageId("page.made_up");
  out += wrap(say(told, {{"time", length(m.length())},
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
                    (f.end > f.begin ? "  [" + length(f.begin - r.began) + "]" : ""),
                80, 4) +
           "\n";
  }
  out += "\n";
  auto first = [](const auto& rows) {
    return std::span(rows).first(std::min(rows.size(), kMostRows));
  };
  if (!s.calls.empty()) {
    title(say("report.calls"));
    Table table({say("report.call"), say("report.how"), say("report.count"), say("report.total"),
                 "p99", say("report.worst"), say("report.at"), say("report.handed"),
                 say("report.collateral")});
    for (const auto& c : first(s.calls)) {
      table.add({shortened(printable(c.what)), words(c.known, say), std::to_string(c.times.count),
                 length(c.times.total), length(c.times.p99), length(c.times.worst),
                 length(c.times.worst_at - r.began), std::to_string(c.handed_off),
                 or_dash(c.collateral)});
    }
    out += table.text(t, 2);
    rest(s.calls.size());
  }
  if (!s.waits.empty()) {
    title(say("report.waits"));
    Table table({say("report.waiter"), say("report.what"), say("report.owner"), say("report.waker"),
                 say("report.count"), say("report.total"), "p99", say("report.worst"),
                 say("report.at")});
    auto name = [&](std::uint32_t f) { return f == kNobody ? "–" : shortened(name_of(m, f)); };
    for (const auto& w : first(s.waits)) {
      table.add({name(w.waiter), shortened(w.what), name(w.owner), name(w.waker),
                 std::to_string(w.times.count), length(w.times.total), length(w.times.p99),
                 length(w.times.worst), length(w.times.worst_at - r.began)});
    }
    out += table.text(t, 4);
    rest(s.waits.size());
  }
  if (!s.spans.empty()) {
    title(say("report.spans"));
    Table table(
        {say("report.span"), say("report.count"), "p50", "p90", "p99", say("report.worst")});
    for (const auto& row : first(s.spans)) {
      table.add({row.what, std::to_string(row.count), length(row.p50), length(row.p90),
                 length(row.p99), length(row.worst)});
    }
    out += table.text(t, 1);
    rest(s.spans.size());
  }
  if (!s.slow.empty()) {
    title(say("report.slow"));
    Table table({say("report.span"), say("report.at"), say("report.total"), say("report.before"),
                 words(State::ready, say), words(State::blocked, say), words(State::running, say),
                 say("report.behind")});
    for (const auto& row : first(s.slow)) {
      auto in = [&](State x) { return or_dash(row.in[static_cast<std::size_t>(x)]); };
      std::string behind = "–";
      if (row.behind != SlowRow::kNoCall) {
        const Call& c = m.calls[row.behind];
        behind = name_of(m, c.fiber) + ", " + call_name(m, c) + ", " + length(row.behind_for);
      }
      table.add({flow_name(m, m.spans[row.served]), length(m.spans[row.whole].begin - r.began),
                 length(row.length), or_dash(row.before), in(State::ready), in(State::blocked),
                 in(State::running), behind});
    }
    out += table.text(t, 1);
    rest(s.slow.size());
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
    if (!of_lwps) {
      head.push_back(say("report.migrations"));
      head.push_back(say("report.origin"));
    }
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
          shortened(of_lwps ? lwp_in_full(m, row->lane) : name_of(m, row->lane))};
      for (State x : states) cells.push_back(or_dash(row->in[static_cast<std::size_t>(x)]));
      if (of_lwps) cells.push_back(or_dash(row->off));
      cells.push_back(std::to_string(row->runs));
      if (!of_lwps) {
        const std::string& origin = m.fibers[row->lane].origin;
        cells.push_back(std::to_string(row->migrations));
        cells.push_back(origin.empty() ? "–" : printable(origin));
      }
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
  std::string out = "process,runtime,lane,name,begin_ns,end_ns,state,what,who,owner,waker,how\n";
  const char* how[kKnown] = {"", "announced", "sentinel", "look"};
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
             quoted(name_of(m, s.waker)) + "," + how[static_cast<std::size_t>(s.known)] + "\n";
    }
  };
  for (std::size_t i = 0; i < m.lwps.size(); ++i) {
    write(m.lwps[i], lwp_name(m, static_cast<std::uint32_t>(i)), true);
  }
  for (std::size_t i = 0; i < m.fibers.size(); ++i) {
    write(m.fibers[i], name_of(m, static_cast<std::uint32_t>(i)), false);
  }
  for (const Span& x : m.spans) {
    const Runtime& runtime = m.runtimes[m.fibers[x.fiber].runtime];
    out += std::to_string(m.recording.processes[runtime.process].number) + "," +
           std::to_string(runtime.number) + ",span," + quoted(name_of(m, x.fiber)) + "," +
           std::to_string(x.begin - m.recording.began) + "," +
           std::to_string(x.end - m.recording.began) + ",span," + quoted(m.text(x.what)) + "," +
           std::to_string(x.flow) + ",,,\n";
  }
  for (const auto& p : m.recording.processes) {
    const Nanos end = p.ended < 0 ? m.recording.ended : p.ended;
    out += std::to_string(p.number) + ",,process," + quoted(p.role) + "," +
           std::to_string(p.began - m.recording.began) + "," +
           std::to_string(end - m.recording.began) + "," + (p.ended < 0 ? "recorded" : "ended") +
           "," + quoted(p.command) + "," + std::to_string(p.parent) + ",,,\n";
  }
  return out;
}

}  // namespace weft::labs::trace
