// SPDX-License-Identifier: BSL-1.0
// The lock of the runtime's own state where several LWPs share it: the thread table's lock of the
// textbook, taken in user space. Uncontended it makes no system call (Drepper, "Futexes Are
// Tricky", mutex 3). It is held for a few instructions, inside core, by code that cannot block.
#pragma once

#include <cstdint>

#include "lwp/atomic.hpp"

namespace weft::lwp {

class Lock {
 public:
  void lock() {
    std::uint32_t free = kFree;
    if (!word_.compare_exchange_strong(free, kTaken, memory_order_acquire)) lock_slowly();
  }
  void unlock() {
    if (word_.exchange(kFree, memory_order_release) == kContended) wake();
  }

 private:
  static constexpr std::uint32_t kFree = 0, kTaken = 1, kContended = 2;
  void lock_slowly();
  void wake();

  atomic<std::uint32_t> word_{kFree};
};

}  // namespace weft::lwp
