// SPDX-License-Identifier: BSL-1.0
// Waiting until a count has come down to zero: the wait group (Go's sync.WaitGroup), which counts
// up and down as often as it likes, and the latch (std::latch), which only ever counts down.
// The forms of waiting are those of wait.hpp.
#pragma once

#include <cstddef>

#include "fibers/wait.hpp"

namespace weft::fibers {

class WaitGroup {
 public:
  explicit WaitGroup(std::ptrdiff_t count = 0) : count_(count) {}

  /// Changes the count; at zero it wakes all who wait. Below zero is a broken invariant. Add before
  /// what is counted begins, else a waiter may find zero too early.
  void add(std::ptrdiff_t n = 1);
  /// One less. The caller may not touch the group afterwards: a waiter may destroy it.
  void done() { add(-1); }

  void wait() { (void)wait_limited({}); }
  bool wait(const std::stop_token& stop) { return wait_until(os::kNever, stop); }
  bool wait_until(os::Nanos deadline, const std::stop_token& stop = {});
  bool wait_for(os::Nanos duration, const std::stop_token& stop = {}) {
    return wait_until(after(duration), stop);
  }
  /// True if the count is zero now.
  bool try_wait();

 protected:
  WaitGroup(std::ptrdiff_t count, const char* what) : what_(what), count_(count) {}

 private:
  bool wait_limited(Limit limit);

  const char* const what_ = "wait group";
  lwp::Lock lock_;
  std::ptrdiff_t count_;   // guarded by lock_
  lwp::WaitList waiters_;  // guarded by lock_
};

class Latch : private WaitGroup {
 public:
  explicit Latch(std::ptrdiff_t count) : WaitGroup(count, "latch") {}
  void count_down(std::ptrdiff_t n = 1) { add(-n); }
  using WaitGroup::try_wait;
  using WaitGroup::wait;
  using WaitGroup::wait_for;
  using WaitGroup::wait_until;
  void arrive_and_wait(std::ptrdiff_t n = 1) {
    count_down(n);
    wait();
  }
};

}  // namespace weft::fibers
