// SPDX-License-Identifier: BSL-1.0
// The lock of the runtime's own state where several LWPs share it: the thread table's lock of the
// textbook, taken in user space. Uncontended it makes no system call, and letting go is a plain
// store. It is held for a few instructions, inside core, by code that cannot block.
//
// Who has waited too long sleeps in the kernel (a futex; Drepper, "Futexes Are Tricky"). The
// sleepers are counted by the lock's address, not in the lock: once a lock is free somebody may
// take it, and destroy the object it guards, before unlock() comes to look for sleepers.
#pragma once

#include <cstdint>

#include "lwp/arch.hpp"
#include "lwp/fences.hpp"

namespace weft::lwp {

class Lock {
 public:
  void lock() {
    std::uint32_t free = kFree;
    if (!word_.compare_exchange_strong(free, kTaken, memory_order_acquire)) lock_slowly();
  }
  void unlock() {
    word_.store(kFree, memory_order_release);
    light_fence();  // pairs with the heavy one in lock_slowly()
    if (sleepers().load(memory_order_relaxed) > 0) [[unlikely]]
      wake();
  }

 private:
  static constexpr std::uint32_t kFree = 0, kTaken = 1;
  void lock_slowly();
  void wake();  // the word may be gone; that is nothing to the kernel

  atomic<int>& sleepers() const {  // for this lock, or for another with the same count
    // Simulated runs do the same wherever their memory lies.
    const auto at = arch::kSimulated ? 0 : reinterpret_cast<std::uintptr_t>(this) / 64 % kCounts;
    return counts_[at].sleepers;
  }

  static constexpr std::uintptr_t kCounts = 64;
  struct alignas(64) Count {
    atomic<int> sleepers;
  };
  static inline Count counts_[kCounts]{};
  atomic<std::uint32_t> word_{kFree};
};

}  // namespace weft::lwp
