// SPDX-License-Identifier: BSL-1.0
// A barrier lets a group of fibers meet, again and again: each phase ends when all have arrived
// (std::barrier). The last to arrive runs the completion function before anybody goes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "fibers/wait.hpp"

namespace weft::fibers {

class Barrier {
 public:
  /// The phase in which the caller arrived, to wait for its end.
  using Phase = std::uint64_t;

  /// `completion` runs in the fiber that arrives last, outside every lock; it must not throw and
  /// not use the barrier.
  explicit Barrier(std::ptrdiff_t members, std::function<void()> completion = {})
      : completion_(std::move(completion)), members_(members), missing_(members) {}

  void arrive_and_wait() { wait(arrive()); }
  /// Arrives without waiting. Each member once a phase.
  [[nodiscard]] Phase arrive() { return arrive(0); }
  /// Arrives, and is no member of later phases.
  void arrive_and_drop() { (void)arrive(1); }

  /// Waits until that phase has ended. A wait that ends early has still arrived.
  void wait(Phase phase) { (void)wait_limited(phase, {}); }
  bool wait(Phase phase, const std::stop_token& stop) {
    return wait_until(phase, os::kNever, stop);
  }
  bool wait_until(Phase phase, os::Nanos deadline, const std::stop_token& stop = {});
  bool wait_for(Phase phase, os::Nanos duration, const std::stop_token& stop = {}) {
    return wait_until(phase, after(duration), stop);
  }

 private:
  Phase arrive(std::ptrdiff_t leaving);
  bool wait_limited(Phase phase, Limit limit);

  const std::function<void()> completion_;
  lwp::Lock lock_;
  std::ptrdiff_t members_;  // guarded by lock_, as all below
  std::ptrdiff_t missing_;  // in this phase
  Phase phase_ = 0;
  lwp::WaitList waiters_;
};

}  // namespace weft::fibers
