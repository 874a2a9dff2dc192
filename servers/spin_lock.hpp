// SPDX-License-Identifier: BSL-1.0
// A lock for a handful of instructions, usable in memory that processes share and by kernel threads
// and fibers alike. REQUIRES: nobody blocks, parks or allocates much while holding it.
#pragma once

#include "lwp/os.hpp"

namespace weft::servers {

/// Zeroed memory is an unlocked one. Works with std::lock_guard.
class SpinLock {
 public:
  void lock() {
    // A holder that was preempted gets the CPU back by the yield.
    while (held_.exchange(1, lwp::memory_order_acquire) != 0) lwp::os::yield_cpu();
  }
  void unlock() { held_.store(0, lwp::memory_order_release); }

 private:
  lwp::atomic<std::uint32_t> held_{0};
};

}  // namespace weft::servers
