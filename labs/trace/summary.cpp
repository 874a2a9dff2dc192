// SPDX-License-Identifier: BSL-1.0
#include "labs/trace/summary.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace weft::labs::trace {
namespace {

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

class Summarizer {
 public:
  Summarizer(const Model& m, const Say& say) : m_(m), say_(say) {}

  Summary make() {
    lanes();
    waits();
    calls();
    spans();
    out_.slow = slowest_requests(m_, kMostSlow);
    cost();
    out_.findings = findings_of(m_, out_, say_);
    return std::move(out_);
  }

 private:
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
    for (const Span& s : m_.spans) {
      if (!s.open) by[m_.text(s.what)].push_back(s.end - s.begin);
    }
    for (auto& [what, lengths] : by) {
      std::sort(lengths.begin(), lengths.end());
      auto at = [&](double share) {
        const auto rank = std::ceil(share * static_cast<double>(lengths.size()));
        return lengths[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
      };
      out_.spans.push_back({what, lengths.size(), at(.5), at(.9), at(.99), lengths.back()});
    }
  }

  // What recording it cost.
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
  const Model& m_;
  const Say& say_;
  Summary out_;
};

}  // namespace

Summary summarize(const Model& m, const Say& say) {
  return Summarizer(m, say).make();
}

}  // namespace weft::labs::trace
