// SPDX-License-Identifier: BSL-1.0
// How much of the time a service was there, as its clients saw it: uptime / (uptime + downtime).
//
// A request that failed is an outage: from when it was meant to be sent until the first good answer
// to anybody after its failure. Outages that overlap are one, so a hundred clients who wait for the
// same dead server count its second once. This is strict: a server that fails one client while it
// answers the others counts as down for that time; the share of requests that were answered says
// how many it failed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "lwp/os.hpp"

namespace weft::labs::load {

struct Availability {
  lwp::os::Nanos up = 0, down = 0;
  std::uint64_t outages = 0;
  lwp::os::Nanos longest = 0;

  /// 0 to 1; 1 of no time at all.
  double share() const {
    return up + down > 0 ? static_cast<double>(up) / static_cast<double>(up + down) : 1;
  }
  /// Another run's time comes behind this one's.
  void add(const Availability& other);
};

/// The downtime that an objective of `percent` (99.9) allows in the time measured, and which part
/// of it has been used: 1 is all of it.
struct ErrorBudget {
  lwp::os::Nanos allowed = 0;
  double used = 0;
};
/// REQUIRES 0 < percent < 100.
ErrorBudget error_budget(const Availability& a, double percent);

class Outages {
 public:
  using Nanos = lwp::os::Nanos;

  /// Takes failures and good answers in the order in which they came.
  void failed(Nanos meant) { open_ = open_ ? std::min(*open_, meant) : meant; }
  void good(Nanos t) {
    if (open_) close(t);
  }
  /// What of it lies in the window.
  Availability within(Nanos begin, Nanos end) const;

 private:
  struct Outage {
    Nanos begin, end;
  };
  void close(Nanos t);

  std::optional<Nanos> open_;    // when the outage began that has not ended
  std::vector<Outage> outages_;  // ended; apart from each other, ascending
};

}  // namespace weft::labs::load
