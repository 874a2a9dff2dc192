// SPDX-License-Identifier: BSL-1.0
// An event is set or not, and fibers wait until it is. Two kinds, which textbooks on Windows know:
//
//   manual reset   stays set, and lets everybody through, until reset(): a gate
//   auto reset     lets one through, and is thereby reset: a binary semaphore; setting it twice
//                  is the same as once
//
// The forms of waiting are those of wait.hpp.
#pragma once

#include "fibers/wait.hpp"

namespace weft::fibers {

class Event {
 public:
  enum Reset { manual_reset, auto_reset };
  explicit Event(Reset kind = manual_reset, bool set = false) : kind_(kind), set_(set) {}

  void set();
  void reset();
  bool is_set();

  void wait() { (void)wait_limited({}); }
  bool wait(const std::stop_token& stop) { return wait_until(os::kNever, stop); }
  bool wait_until(os::Nanos deadline, const std::stop_token& stop = {});
  bool wait_for(os::Nanos duration, const std::stop_token& stop = {}) {
    return wait_until(after(duration), stop);
  }
  /// As a wait that would end at once.
  bool try_wait() { return wait_limited({.deadline = 0}); }

 private:
  bool wait_limited(Limit limit);

  const Reset kind_;
  lwp::Lock lock_;
  bool set_;               // guarded by lock_; while fibers wait it is not
  lwp::WaitList waiters_;  // guarded by lock_
};

}  // namespace weft::fibers
