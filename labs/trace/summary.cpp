// SPDX-License-Identifier: BSL-1.0
#include "labs/trace/summary.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <tuple>

namespace weft::labs::trace {
namespace {

constexpr std::size_t kMostOfAKind = 3;
constexpr std::size_t kMostSlow = 8;

Times times_of(std::vector<std::pair<Nanos, Nanos>>& lengths) {  // (length, begin)
  Times t;
  std::sort(lengths.begin(), lengths.end());
  t.count = lengths.size();
  for (const auto& [length, begin] : lengths) t.total += length;
  if (lengths.empty()) return t;
  const auto rank = static_cast<std::size_t>(std::ceil(0.99 * static_cast<double>(t.count)));
  t.p99 = lengths[rank - 1].first;
  t.worst = lengths.back().first;
  t.worst_at = lengths.back().second;
  return t;
}

std::string number(std::uint64_t n) {
  return std::to_string(n);
}

class Summarizer {
 public:
  Summarizer(const Model& m, const Say& say) : m_(m), say_(say) {}

  Summary make() {
    lanes();
    waits();
    calls();
    spans();
    slow();
    cost();
    held_up();
    stood_still();
    circles();
    objects();
    std::stable_sort(out_.findings.begin(), out_.findings.end(),
                     [](const Finding& a, const Finding& b) { return a.lost > b.lost; });
    if (out_.findings.empty()) blocked_alone();
    off_processor();  // after what the program itself can change
    outcomes();
    if (out_.findings.empty()) {
      find({.id = "found.nothing",
            .text = say_("found.nothing", {{"time", length(worth_a_telling_)}})});
    }
    about_recording();
    return std::move(out_);
  }

 private:
  void find(Finding f) { out_.findings.push_back(std::move(f)); }
  std::string length(Nanos t) const { return duration(m_, t, say_); }
  static double seconds(Nanos t) { return static_cast<double>(t) / 1e9; }

  LaneRow row_of(const Lane& lane, std::size_t i) const {
    LaneRow row;
    row.lane = static_cast<std::uint32_t>(i);
    std::uint32_t on = kNobody;
    for (const Slice& s : lane.slices) {
      row.in[static_cast<std::size_t>(s.state)] += s.length();
      if (s.state != State::running) continue;
      ++row.runs;
      row.migrations += on != kNobody && on != s.who ? 1 : 0;
      on = s.who;
    }
    return row;
  }
  void lanes() {
    for (std::size_t i = 0; i < m_.lwps.size(); ++i) {
      out_.lwps.push_back(row_of(m_.lwps[i], i));
      out_.lwps.back().migrations = 0;  // others come to it
    }
    for (std::size_t i = 0; i < m_.fibers.size(); ++i) {
      out_.fibers.push_back(row_of(m_.fibers[i], i));
    }
    for (const auto& o : m_.off) out_.lwps[o.lwp].off += o.waited;
  }

  void waits() {
    using Pair = std::tuple<std::uint32_t, std::string, std::uint32_t, std::uint32_t>;
    std::map<Pair, std::vector<std::pair<Nanos, Nanos>>> by;
    for (std::size_t i = 0; i < m_.fibers.size(); ++i) {
      for (const Slice& s : m_.fibers[i].slices) {
        if (s.state != State::waits || s.length() == 0) continue;
        std::string what = s.object != kNobody  ? object_name(m_, s.object)
                           : s.owner != kNobody ? m_.text(s.what) + " " + name_of(m_, s.owner)
                                                : m_.text(s.what);
        by[{static_cast<std::uint32_t>(i), std::move(what), s.owner, s.waker}].emplace_back(
            s.length(), s.begin);
      }
    }
    for (auto& [key, lengths] : by) {
      const auto& [waiter, what, owner, waker] = key;
      out_.waits.push_back({waiter, owner, waker, what, times_of(lengths)});
    }
    sort_by_total(out_.waits);
  }
  template <class Rows>
  static void sort_by_total(Rows& rows) {
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.times.total > b.times.total; });
  }

  void calls() {
    std::map<std::string, std::vector<const Call*>> by;
    for (const Call& c : m_.calls) by[call_name(m_, c)].push_back(&c);
    for (auto& [what, all] : by) {
      CallRow row;
      row.what = what;
      std::vector<std::pair<Nanos, Nanos>> lengths;
      Nanos longest = -1;
      for (const Call* c : all) {
        lengths.emplace_back(c->length(), c->begin);
        ++row.known[static_cast<std::size_t>(c->known)];
        row.handed_off += c->handed_off ? 1 : 0;
        row.collateral += c->collateral;
        if (c->length() > longest) {
          longest = c->length();
          row.worst_lwp = c->lwp;
          row.worst_fiber = c->fiber;
        }
      }
      row.times = times_of(lengths);
      out_.calls.push_back(std::move(row));
    }
    sort_by_total(out_.calls);
  }

  void spans() {
    std::map<std::string, std::vector<Nanos>> by;
    for (const Span& s : m_.spans) by[m_.text(s.what)].push_back(s.end - s.begin);
    for (auto& [what, lengths] : by) {
      std::sort(lengths.begin(), lengths.end());
      auto at = [&](double share) {
        const auto rank = std::ceil(share * static_cast<double>(lengths.size()));
        return lengths[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
      };
      out_.spans.push_back({what, lengths.size(), at(.5), at(.9), at(.99), lengths.back()});
    }
  }

  // How a program that was explored ended, before everything else.
  void outcomes() {
    std::size_t at = 0;
    for (const auto& p : m_.recording.processes) {
      if (p.outcome.empty()) continue;
      out_.findings.insert(out_.findings.begin() + static_cast<std::ptrdiff_t>(at++),
                           {.id = "found.outcome",
                            .text = p.outcome,
                            .begin = m_.recording.ended,
                            .end = m_.recording.ended});
    }
  }

  // ---- requests ----

  // Of spans of one flow those belong together that overlap: ports come again.
  void slow() {
    std::map<std::uint64_t, std::vector<std::uint32_t>> by_flow;
    for (std::uint32_t i = 0; i < m_.spans.size(); ++i) {
      if (m_.spans[i].flow != 0) by_flow[m_.spans[i].flow].push_back(i);
    }
    for (const auto& [flow, spans] : by_flow) {
      std::uint32_t whole = spans.front(), served = whole;
      for (std::size_t i = 0; i < spans.size(); ++i) {
        const Span& s = m_.spans[spans[i]];
        if (i > 0 && s.begin < m_.spans[whole].end) {
          served = spans[i];
        } else {
          if (i > 0) add_slow(whole, served);
          whole = served = spans[i];
        }
      }
      add_slow(whole, served);
    }
    for (SlowRow& row : out_.slow) complete(row);
    if (!out_.slow.empty()) tell_slowest(out_.slow.front());
  }
  void add_slow(std::uint32_t whole, std::uint32_t served) {
    const Span &w = m_.spans[whole], &s = m_.spans[served];
    SlowRow row{.whole = whole, .served = served, .length = w.end - w.begin};
    row.before = s.begin - w.begin;
    auto& all = out_.slow;
    auto at = std::find_if(all.begin(), all.end(),
                           [&](const SlowRow& x) { return x.length < row.length; });
    all.insert(at, row);
    if (all.size() > kMostSlow) all.pop_back();
  }
  void complete(SlowRow& row) {
    const Span &whole = m_.spans[row.whole], &served = m_.spans[row.served];
    const Lane& fiber = m_.fibers[served.fiber];
    for (const Slice& s : fiber.slices) {
      row.in[static_cast<std::size_t>(s.state)] +=
          std::max<Nanos>(std::min(s.end, served.end) - std::max(s.begin, served.begin), 0);
    }
    // Behind whom: until it was served, and while its fiber was ready.
    const bool shares = m_.runtimes[fiber.runtime].shares_lwps;
    for (std::size_t i = 0; shares && i < m_.calls.size(); ++i) {
      const Call& c = m_.calls[i];
      if (c.fiber == served.fiber || m_.lwps[c.lwp].runtime != fiber.runtime) continue;
      if (c.handed_off) continue;  // it kept nobody
      auto overlap = [&](Nanos begin, Nanos end) {
        return std::max<Nanos>(std::min(end, c.end) - std::max(begin, c.begin), 0);
      };
      Nanos behind = overlap(whole.begin, served.begin);
      if (overlap(served.begin, served.end) > 0) {
        for (const Slice& s : fiber.slices) {
          if (s.state != State::ready) continue;
          behind += overlap(std::max(s.begin, served.begin), std::min(s.end, served.end));
        }
      }
      if (behind > row.behind_for) row.behind_for = behind, row.behind = i;
    }
  }
  void tell_slowest(const SlowRow& row) {
    if (row.length < worth_a_telling_) return;
    const Span& whole = m_.spans[row.whole];
    auto in = [&](State s) { return length(row.in[static_cast<std::size_t>(s)]); };
    const bool alone = row.whole == row.served;  // its client is not recorded
    const auto id = alone ? MessageId("found.slowest_alone") : MessageId("found.slowest");
    std::string text = say_(id, {{"time", length(row.length)},
                                 {"before", length(row.before)},
                                 {"ready", in(State::ready)},
                                 {"blocked", in(State::blocked)},
                                 {"ran", in(State::running)}});
    if (row.behind != SlowRow::kNoCall) {
      const Call& c = m_.calls[row.behind];
      text += say_("found.slowest_behind", {{"fiber", name_of(m_, c.fiber)},
                                            {"call", call_in_full(m_, c)},
                                            {"time", length(row.behind_for)}});
    }
    find({.id = "found.slowest",
          .text = std::move(text),
          .begin = whole.begin,
          .end = whole.end,
          .fiber = m_.spans[row.served].fiber,
          .lost = seconds(row.length)});
  }

  // ---- findings ----

  // Fibers that could have run during a call, and did not for a part of it.
  std::size_t victims(const Call& call) const {
    std::size_t count = 0;
    const std::uint32_t runtime = m_.lwps[call.lwp].runtime;
    for (const Lane& lane : m_.fibers) {
      if (lane.runtime != runtime) continue;
      auto s = std::partition_point(lane.slices.begin(), lane.slices.end(),
                                    [&](const Slice& x) { return x.end <= call.begin; });
      for (; s != lane.slices.end() && s->begin < call.end; ++s) {
        if (s->state != State::ready) continue;
        ++count;
        break;
      }
    }
    return count;
  }

  // The call that held up most, and how it stands for others by its name.
  void held_up() {
    std::map<std::string, std::vector<const Call*>> by;
    for (const Call& c : m_.calls) {
      if (c.collateral > 0) by[call_name(m_, c)].push_back(&c);
    }
    std::vector<Finding> found;
    for (auto& [what, all] : by) {
      Nanos sum = 0;
      const Call* worst = all.front();
      for (const Call* c : all) {
        sum += c->collateral;
        if (c->collateral > worst->collateral) worst = c;
      }
      if (sum < worth_a_telling_) continue;
      Finding f{.id = "found.blocked",
                .text = {},
                .begin = worst->begin,
                .end = worst->end,
                .lwp = worst->lwp,
                .fiber = worst->fiber,
                .lost = seconds(sum)};
      const std::size_t n = victims(*worst);
      f.text = say_(n == 1 ? MessageId("found.blocked_one") : MessageId("found.blocked"),
                    {{"lwp", lwp_in_full(m_, worst->lwp)},
                     {"time", length(worst->length())},
                     {"fiber", name_of(m_, worst->fiber)},
                     {"call", call_in_full(m_, *worst)},
                     {"n", number(n)},
                     {"sum", length(worst->collateral)}});
      if (all.size() > 1) {
        f.text += say_("found.blocked_often", {{"n", number(all.size())}, {"sum", length(sum)}});
      }
      found.push_back(std::move(f));
    }
    keep_worst(found);
  }
  void keep_worst(std::vector<Finding>& found) {
    std::stable_sort(found.begin(), found.end(),
                     [](const Finding& a, const Finding& b) { return a.lost > b.lost; });
    if (found.size() > kMostOfAKind) found.resize(kMostOfAKind);
    for (auto& f : found) find(std::move(f));
  }

  // A long call that cost nobody else anything.
  void blocked_alone() {
    const auto longest =
        std::max_element(m_.calls.begin(), m_.calls.end(),
                         [](const Call& a, const Call& b) { return a.length() < b.length(); });
    if (longest == m_.calls.end() || longest->length() < 10 * worth_a_telling_) return;
    find({.id = "found.blocked_alone",
          .text = say_("found.blocked_alone", {{"lwp", lwp_in_full(m_, longest->lwp)},
                                               {"time", length(longest->length())},
                                               {"fiber", name_of(m_, longest->fiber)},
                                               {"call", call_in_full(m_, *longest)}}),
          .begin = longest->begin,
          .end = longest->end,
          .lwp = longest->lwp,
          .fiber = longest->fiber});
  }

  // Times at which no fiber of a runtime ran, though one could have, because its LWPs were blocked.
  void stood_still() {
    struct Change {
      Nanos at;
      int ready, blocked, running;
    };
    for (std::uint32_t r = 0; r < m_.runtimes.size(); ++r) {
      if (!m_.runtimes[r].shares_lwps) continue;
      std::vector<Change> changes;
      for (const Lane& lane : m_.fibers) {
        if (lane.runtime != r) continue;
        for (const Slice& s : lane.slices) {
          const int ready = s.state == State::ready, blocked = s.state == State::blocked,
                    running = s.state == State::running;
          if (ready + blocked + running == 0) continue;
          changes.push_back({s.begin, ready, blocked, running});
          changes.push_back({s.end, -ready, -blocked, -running});
        }
      }
      std::sort(changes.begin(), changes.end(),
                [](const Change& a, const Change& b) { return a.at < b.at; });
      Nanos total = 0, longest = 0, longest_at = 0, since = -1;
      int ready = 0, blocked = 0, running = 0, most = 0;
      for (std::size_t i = 0; i < changes.size();) {
        const Nanos at = changes[i].at;
        for (; i < changes.size() && changes[i].at == at; ++i) {
          ready += changes[i].ready;
          blocked += changes[i].blocked;
          running += changes[i].running;
        }
        const bool still = ready > 0 && blocked > 0 && running == 0;
        if (still) {
          most = std::max(most, ready);
          if (since < 0) since = at;
        } else if (since >= 0) {
          total += at - since;
          if (at - since > longest) longest = at - since, longest_at = since;
          since = -1;
        }
      }
      if (total < worth_a_telling_) continue;
      find({.id = "found.still",
            .text = say_("found.still",
                         {{"time", length(total)},
                          {"share", percent(static_cast<double>(total) /
                                            static_cast<double>(std::max<Nanos>(m_.length(), 1)))},
                          {"n", number(static_cast<std::uint64_t>(most))},
                          {"longest", length(longest)}}),
            .begin = longest_at,
            .end = longest_at + longest,
            .lost = seconds(total)});
    }
  }
  static std::string percent(double share) {
    char text[32];
    std::snprintf(text, sizeof text, share < 0.0995 ? "%.1f %%" : "%.0f %%", 100 * share);
    return text;
  }

  // Who still waits at the end, for what is held by one who waits, and so on in a circle.
  void circles() {
    std::set<std::uint32_t> seen;
    auto next = [&](std::uint32_t f) {
      const auto& slices = m_.fibers[f].slices;
      const bool waits = !slices.empty() && slices.back().state == State::waits &&
                         slices.back().end == m_.recording.ended;
      if (!waits) return kNobody;
      // Whoever had the object when the waiting began may have given it to another since.
      const Slice& s = slices.back();
      return s.object != kNobody ? m_.objects[s.object].owner : s.owner;
    };
    for (std::uint32_t start = 0; start < m_.fibers.size(); ++start) {
      std::vector<std::uint32_t> way;
      std::uint32_t f = start;
      while (f != kNobody && seen.insert(f).second) {
        way.push_back(f);
        f = next(f);
      }
      auto from = std::find(way.begin(), way.end(), f);
      if (f == kNobody || from == way.end()) continue;
      std::string circle;
      for (auto at = from; at != way.end(); ++at) {
        const Slice& s = m_.fibers[*at].slices.back();
        circle += name_of(m_, *at) + " → " +
                  (s.object != kNobody ? object_name(m_, s.object) : m_.text(s.what)) + " → ";
      }
      circle += name_of(m_, *from);
      const Slice& s = m_.fibers[*from].slices.back();
      find({.id = "found.circle",
            .text = say_("found.circle", {{"circle", circle}}),
            .begin = s.begin,
            .end = s.end,
            .fiber = *from,
            .lost = 1e9});
    }
  }

  void objects() {
    std::vector<Finding> held, contended;
    for (std::uint32_t i = 0; i < m_.objects.size(); ++i) {
      const Object& o = m_.objects[i];
      if (o.held_while_blocked > 0 && o.waited >= worth_a_telling_) {
        const bool once = o.held_while_blocked == 1;
        held.push_back({.id = "found.held",
                        .text = say_(once ? MessageId("found.held_once") : MessageId("found.held"),
                                     {{"object", object_name(m_, i)},
                                      {"n", number(o.held_while_blocked)},
                                      {"sum", length(o.waited)}}),
                        .begin = o.longest_at,
                        .end = o.longest_at + o.longest,
                        .fiber = longest_waiter(i),
                        .lost = seconds(o.waited)});
      } else if (o.waited >= worth_a_telling_ && (o.kind == "mutex" || o.kind == "shared mutex")) {
        contended.push_back({.id = "found.contended",
                             .text = say_(o.waits == 1 ? MessageId("found.contended_once")
                                                       : MessageId("found.contended"),
                                          {{"object", object_name(m_, i)},
                                           {"n", number(o.waits)},
                                           {"sum", length(o.waited)},
                                           {"longest", length(o.longest)}}),
                             .begin = o.longest_at,
                             .end = o.longest_at + o.longest,
                             .fiber = longest_waiter(i),
                             .lost = seconds(o.waited)});
      }
    }
    keep_worst(held);
    keep_worst(contended);
  }
  std::uint32_t longest_waiter(std::uint32_t object) const {
    const Object& o = m_.objects[object];
    for (std::uint32_t f = 0; f < m_.fibers.size(); ++f) {
      const auto& slices = m_.fibers[f].slices;
      auto s = std::partition_point(slices.begin(), slices.end(),
                                    [&](const Slice& x) { return x.begin < o.longest_at; });
      if (s != slices.end() && s->begin == o.longest_at && s->object == object) return f;
    }
    return kNobody;
  }

  // By runtime: its LWPs compete for the same processors.
  void off_processor() {
    struct Off {
      std::size_t lwps = 0;
      Nanos waited = 0, ran = 0, worst = 0;
      std::uint32_t lwp = kNobody;  // that waited most
    };
    std::map<std::uint32_t, Off> by;
    for (const LaneRow& row : out_.lwps) {
      Off& off = by[m_.lwps[row.lane].runtime];
      off.ran += row.in[static_cast<std::size_t>(State::running)];
      if (row.off < worth_a_telling_) continue;
      ++off.lwps;
      off.waited += row.off;
      if (row.off > off.worst) off.worst = row.off, off.lwp = row.lane;
    }
    for (const auto& [runtime, off] : by) {
      if (off.waited < 10 * worth_a_telling_ || off.waited < off.ran / 20) continue;
      Nanos begin = 0, end = 0, most = 0;
      for (const auto& o : m_.off) {
        if (o.lwp == off.lwp && o.waited > most) most = o.waited, begin = o.begin, end = o.end;
      }
      const auto id = off.lwps == 1 ? MessageId("found.off") : MessageId("found.off_many");
      find({.id = "found.off",
            .text = say_(id, {{"lwp", lwp_in_full(m_, off.lwp)},
                              {"n", number(off.lwps)},
                              {"time", length(off.waited)}}),
            .begin = begin,
            .end = end,
            .lwp = off.lwp});
    }
  }

  // ---- the recording itself ----
  void cost() {
    double spent = 0;
    std::uint64_t events = 0;
    for (const auto& p : m_.recording.processes) {
      spent += static_cast<double>(p.events) * p.event_ns;
      events += p.events;
    }
    Nanos busy = 0;
    for (const LaneRow& row : out_.lwps) busy += row.in[static_cast<std::size_t>(State::running)];
    if (events > 0) out_.event_ns = spent / static_cast<double>(events);
    if (busy > 0) out_.share = spent / static_cast<double>(busy);
  }
  void about_recording() {
    const Recording& r = m_.recording;
    if (r.dropped > 0) {
      find({.id = "found.dropped", .text = say_("found.dropped", {{"n", number(r.dropped)}})});
    }
    if (r.damaged > 0) {
      find({.id = "found.damaged", .text = say_("found.damaged", {{"n", number(r.damaged)}})});
    }
  }

  const Model& m_;
  const Say& say_;
  // A finding has to have cost somebody this much.
  const Nanos worth_a_telling_ = m_.recording.steps ? 1 : lwp::os::kMillisecond;
  Summary out_;
};

}  // namespace

Summary summarize(const Model& m, const Say& say) {
  return Summarizer(m, say).make();
}

std::string duration(Nanos t) {
  const auto nanos = static_cast<double>(t);
  const auto [divisor, unit] = nanos < 999.5     ? std::pair{1.0, "ns"}
                               : nanos < 999.5e3 ? std::pair{1e3, "µs"}
                               : nanos < 999.5e6 ? std::pair{1e6, "ms"}
                                                 : std::pair{1e9, "s"};
  const double value = nanos / divisor;
  const int digits = divisor == 1.0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  char text[48];
  std::snprintf(text, sizeof text, "%.*f\u00a0%s", digits, value, unit);
  return text;
}

namespace {

// Of "read /data/x", as a look saw it.
std::string seen_call(const std::string& text, std::int64_t descriptor) {
  const auto blank = text.find(' ');
  std::string name = text.substr(0, blank);
  if (name.empty()) name = "?";
  if (descriptor < 0) return text.empty() ? name : text;
  name += "(" + std::to_string(descriptor);
  if (blank != text.npos) name += ", " + text.substr(blank + 1);
  return name + ")";
}

}  // namespace

std::string duration(const Model& m, Nanos t, const Say& say) {
  if (!m.recording.steps) return duration(t);
  return say(t == 1 ? MessageId("report.step") : MessageId("report.steps"),
             {{"n", std::to_string(t)}});
}

std::string call_name(const Model& m, const Call& call) {
  const std::string& text = m.text(call.what);
  return call.known == Known::announced ? text : seen_call(text, call.descriptor);
}

std::string call_in_full(const Model& m, const Call& call) {
  std::string name = call_name(m, call);
  if (call.seen == 0) return name;
  const std::string seen = seen_call(m.text(call.seen), call.descriptor);
  return seen.substr(0, seen.find('(')) == name ? seen : name + ": " + seen;
}

}  // namespace weft::labs::trace
