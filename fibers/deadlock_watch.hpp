// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "fibers/engine.hpp"

namespace weft::fibers {

/// Deadlock without a dispatch loop: where the kernel or Boost.Fiber schedules, counts fibers that
/// live and fibers that are parked with no deadline. Only a running fiber can unpark another, so
/// when both counts are equal nobody ever will.
class DeadlockWatch {
 public:
  void born() { alive_.fetch_add(1); }
  /// Returns how many still live.
  std::size_t died(const lwp::Scheduler& s) {
    std::size_t left = alive_.fetch_sub(1) - 1;
    check(s);
    return left;
  }
  /// Just before the park is committed.
  void parks() { parked_.fetch_add(1); }
  /// Just after it, by the parking fiber itself.
  void parked(const lwp::Scheduler& s) { check(s); }
  /// By whoever turned parked into empty.
  void unparked() { parked_.fetch_sub(1); }

 private:
  void check(const lwp::Scheduler& s) const {
    std::size_t parked = parked_.load();
    if (parked > 0 && parked == alive_.load()) report_deadlock(s);
  }
  lwp::atomic<std::size_t> alive_{0};
  lwp::atomic<std::size_t> parked_{0};
};

}  // namespace weft::fibers
