// SPDX-License-Identifier: BSL-1.0
#include "lwp/lock.hpp"

#include "lwp/arch.hpp"
#include "lwp/os.hpp"

namespace weft::lwp {

void Lock::lock_slowly() {
  // The holder is about to let go unless the kernel took its CPU: look a little, then sleep.
  for (int spin = 0; spin < 200; ++spin) {
    std::uint32_t free = kFree;
    if (word_.load(memory_order_relaxed) == kFree &&
        word_.compare_exchange_strong(free, kTaken, memory_order_acquire)) {
      return;
    }
    arch::pause();
  }
  sleepers().fetch_add(1, memory_order_relaxed);
  heavy_fence();
  std::uint32_t free = kFree;
  while (!word_.compare_exchange_strong(free, kTaken, memory_order_acquire)) {
    os::futex_wait(word_, kTaken);
    free = kFree;
  }
  sleepers().fetch_sub(1, memory_order_relaxed);
}

void Lock::wake() {
  os::futex_wake(word_, 1);
}

}  // namespace weft::lwp
