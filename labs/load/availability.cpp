// SPDX-License-Identifier: BSL-1.0
#include "labs/load/availability.hpp"

#include <cmath>

namespace weft::labs::load {

// This one ends last of all. So those that it overlaps are the last ones.
void Outages::close(Nanos t) {
  Outage last{*open_, t};
  open_.reset();
  for (; !outages_.empty() && outages_.back().end >= last.begin; outages_.pop_back())
    last.begin = std::min(last.begin, outages_.back().begin);
  outages_.push_back(last);
}

Availability Outages::within(Nanos begin, Nanos end) const {
  Outages closed = *this;
  closed.good(end);
  Availability out;
  for (auto o : closed.outages_) {
    const Nanos length = std::min(o.end, end) - std::max(o.begin, begin);
    if (length <= 0) continue;
    out.down += length;
    ++out.outages;
    out.longest = std::max(out.longest, length);
  }
  out.up = std::max<Nanos>(end - begin, 0) - out.down;
  return out;
}

void Availability::add(const Availability& other) {
  up += other.up;
  down += other.down;
  outages += other.outages;
  longest = std::max(longest, other.longest);
}

ErrorBudget error_budget(const Availability& a, double percent) {
  const double allowed = (1 - percent / 100) * static_cast<double>(a.up + a.down);
  return {std::llround(allowed), allowed > 0 ? static_cast<double>(a.down) / allowed : 0};
}

}  // namespace weft::labs::load
