// SPDX-License-Identifier: BSL-1.0
// What a recording tells in sentences.
#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "labs/trace/summary.hpp"

namespace weft::labs::trace {
namespace {

constexpr std::size_t kMostOfAKind = 3;

std::string number(std::uint64_t n) {
  return std::to_string(n);
}

class Finder {
 public:
  Finder(const Model& m, const Summary& tables, const Say& say)
      : m_(m), tables_(tables), say_(say) {}

  std::vector<Finding> make() {
    if (!tables_.slow.empty()) slowest(tables_.slow.front());
    held_up();
    stood_still();
    circles();
    objects();
    std::stable_sort(all_.begin(), all_.end(),
                     [](const Finding& a, const Finding& b) { return a.lost > b.lost; });
    if (all_.empty()) blocked_alone();
    off_processor();  // after what the program itself can change
    outcomes();
    if (all_.empty()) {
      find({.id = "found.nothing",
            .text = say_("found.nothing", {{"time", length(worth_a_telling_)}})});
    }
    about_recording();
    return std::move(all_);
  }

 private:
  void find(Finding f) { all_.push_back(std::move(f)); }
  std::string length(Nanos t) const { return duration(m_, t, say_); }
  static double seconds(Nanos t) { return static_cast<double>(t) / 1e9; }

  void slowest(const SlowRow& row) {
    if (row.length < worth_a_telling_) return;
    const Span& whole = m_.spans[row.whole];
    auto in = [&](State s) { return length(row.in[static_cast<std::size_t>(s)]); };
    Nanos waited = 0;
    for (State s : {State::waits, State::io, State::asleep}) {
      waited += row.in[static_cast<std::size_t>(s)];
    }
    const bool alone = row.whole == row.served;  // its client is not recorded
    const auto id = alone ? MessageId("found.slowest_alone") : MessageId("found.slowest");
    std::string text = say_(id, {{"time", length(row.length)},
                                 {"before", length(row.before)},
                                 {"ready", in(State::ready)},
                                 {"waited", length(waited)},
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
          const int ready = s.state == State::ready, running = s.state == State::running;
          if (ready + running == 0) continue;
          changes.push_back({s.begin, ready, 0, running});
          changes.push_back({s.end, -ready, 0, -running});
        }
      }
      for (const Call& c : m_.calls) {
        if (m_.lwps[c.lwp].runtime != r) continue;
        changes.push_back({c.begin, 0, 1, 0});
        changes.push_back({c.handed_off ? c.kept_until : c.end, 0, -1, 0});
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
      const std::string runtime = runtime_in_full(m_, r);
      const std::string where =
          runtime.empty() ? "" : say_("found.still_of", {{"runtime", runtime}});
      find({.id = "found.still",
            .text = say_("found.still",
                         {{"time", length(total)},
                          {"where", where},
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
      return s.object != kNobody ? m_.objects[s.object].owner() : s.owner;
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
    for (const LaneRow& row : tables_.lwps) {
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

  // How a program that was explored ended, before everything else.
  void outcomes() {
    std::size_t at = 0;
    for (const auto& p : m_.recording.processes) {
      if (p.outcome.empty()) continue;
      all_.insert(all_.begin() + static_cast<std::ptrdiff_t>(at++), {.id = "found.outcome",
                                                                     .text = p.outcome,
                                                                     .begin = m_.recording.ended,
                                                                     .end = m_.recording.ended});
    }
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
  const Summary& tables_;
  const Say& say_;
  // A finding has to have cost somebody this much.
  const Nanos worth_a_telling_ = m_.recording.steps ? 1 : lwp::os::kMillisecond;
  std::vector<Finding> all_;
};

}  // namespace

std::vector<Finding> findings_of(const Model& m, const Summary& tables, const Say& say) {
  return Finder(m, tables, say).make();
}

}  // namespace weft::labs::trace
