// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>

#include "servers/connection_pool.hpp"

namespace weft::servers {

/// When to look for connections whose deadline has passed. Deadlines are coarse (kGrain), so that
/// ten thousand of them cost a look at all only ten times a second, and nothing while none is near.
class DeadlineWatch {
 public:
  static constexpr os::Nanos kGrain = 100 * os::kMillisecond;

  void watch(os::Nanos deadline) { next_ = std::min(next_, deadline); }
  os::Nanos next() const { return next_ == os::kNever ? next_ : std::max(next_, not_before_); }
  bool due(os::Nanos now) const { return now >= next(); }
  /// Calls `expire` for every connection of `pool` that `waits` and whose deadline has passed.
  template <class Waits, class Expire>
  void sweep(ConnectionPool& pool, os::Nanos now, Waits&& waits, Expire&& expire) {
    next_ = os::kNever;
    not_before_ = now + kGrain;
    pool.for_each([&](Connection& c) {
      if (!waits(c)) return;
      if (c.deadline() <= now) {
        expire(c);
      } else {
        watch(c.deadline());
      }
    });
  }

 private:
  os::Nanos next_ = os::kNever;
  os::Nanos not_before_ = 0;
};

}  // namespace weft::servers
