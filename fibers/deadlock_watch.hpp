// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "fibers/engine.hpp"

namespace weft::fibers {

/// Deadlock without a dispatch loop: where the kernel or Boost.Fiber schedules, counts fibers that
/// are not parked for good (until another fiber unparks them). Only such a fiber can unpark
/// another, so when none is left and some fiber lives, nobody ever will.
///
/// A fiber is counted as parked only after its park is committed: counted before, one whose park
/// then finds a notification would for a moment look like the last one that fell asleep. So an
/// unpark may be counted before its park, and `awake_` be too high for a moment, never too low.
class DeadlockWatch {
 public:
  void born() {
    alive_.fetch_add(1);
    awake_.fetch_add(1);
  }
  /// As born(), unless none lives.
  bool join() {
    awake_.fetch_add(1);  // first: it may be too high, never too low
    std::size_t n = alive_.load();
    while (n > 0 && !alive_.compare_exchange_weak(n, n + 1)) {
    }
    if (n == 0) awake_.fetch_sub(1);
    return n > 0;
  }
  /// Returns how many still live.
  std::size_t died(const lwp::Scheduler& s) {
    std::size_t left = alive_.fetch_sub(1) - 1;
    parked(s);
    return left;
  }
  /// By the parking fiber itself, once its park is committed.
  void parked(const lwp::Scheduler& s) {
    if (awake_.fetch_sub(1) == 1 && alive_.load() > 0) report_deadlock(s);
  }
  /// Of threads that are no fibers but may wake one; see lwp::Outside.
  void outside(int change, const lwp::Scheduler& s) {
    if (change > 0) {
      awake_.fetch_add(1);
    } else {
      parked(s);
    }
  }
  /// By who unparks, before the fiber can run and park again.
  void unparked() { awake_.fetch_add(1); }

 private:
  lwp::atomic<std::size_t> alive_{0};
  lwp::atomic<std::ptrdiff_t> awake_{0};
};

}  // namespace weft::fibers
