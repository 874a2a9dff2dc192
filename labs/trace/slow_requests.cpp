// SPDX-License-Identifier: BSL-1.0
#include "labs/trace/slow_requests.hpp"

#include <algorithm>
#include <map>

namespace weft::labs::trace {
namespace {

class Slowest {
 public:
  Slowest(const Model& m, std::size_t most) : m_(m), most_(most) {}

  // Of spans of one flow those belong together that overlap: ports come again.
  std::vector<SlowRow> find() {
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
          if (i > 0) add(whole, served);
          whole = served = spans[i];
        }
      }
      add(whole, served);
    }
    for (SlowRow& row : all_) complete(row);
    return std::move(all_);
  }

 private:
  void add(std::uint32_t whole, std::uint32_t served) {
    const Span &w = m_.spans[whole], &s = m_.spans[served];
    if (w.open || s.open) return;  // nobody knows how long it was
    SlowRow row{.whole = whole, .served = served, .length = w.end - w.begin};
    row.before = s.begin - w.begin;
    auto at = std::find_if(all_.begin(), all_.end(),
                           [&](const SlowRow& x) { return x.length < row.length; });
    all_.insert(at, row);
    if (all_.size() > most_) all_.pop_back();
  }
  void complete(SlowRow& row) {
    const Span &whole = m_.spans[row.whole], &served = m_.spans[row.served];
    const Lane& fiber = m_.fibers[served.fiber];
    for (const Slice& s : fiber.slices) {
      row.in[static_cast<std::size_t>(s.state)] +=
          std::max<Nanos>(std::min(s.end, served.end) - std::max(s.begin, served.begin), 0);
    }
    // Behind whom: until it was served, and while its fiber was ready.
    std::vector<std::pair<Nanos, Nanos>> waited = {{whole.begin, served.begin}};
    for (const Slice& s : fiber.slices) {
      const Nanos begin = std::max(s.begin, served.begin), end = std::min(s.end, served.end);
      if (s.state == State::ready && begin < end) waited.emplace_back(begin, end);
    }
    const bool shares = m_.runtimes[fiber.runtime].shares_lwps;
    for (std::size_t i = 0; shares && i < m_.calls.size(); ++i) {
      const Call& c = m_.calls[i];
      if (c.fiber == served.fiber || m_.lwps[c.lwp].runtime != fiber.runtime) continue;
      if (c.handed_off) continue;  // it kept nobody
      Nanos behind = 0;
      auto at = std::partition_point(waited.begin(), waited.end(),
                                     [&](const auto& w) { return w.second <= c.begin; });
      for (; at != waited.end() && at->first < c.end; ++at) {
        behind += std::min(at->second, c.end) - std::max(at->first, c.begin);
      }
      if (behind > row.behind_for) row.behind_for = behind, row.behind = i;
    }
  }

  const Model& m_;
  const std::size_t most_;
  std::vector<SlowRow> all_;
};

}  // namespace

std::vector<SlowRow> slowest_requests(const Model& m, std::size_t most) {
  return Slowest(m, most).find();
}

}  // namespace weft::labs::trace
