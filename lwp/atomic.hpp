// SPDX-License-Identifier: BSL-1.0
// The first of the two seams to the world (the other is os.hpp): every atomic of lwp, fibers and
// servers is spelled weft::lwp::atomic. Here that is std::atomic; in the simulated world
// (WEFT_SIM, lwp/sim) each operation is a point where another thread may go on.
#pragma once

#ifdef WEFT_SIM
#include "lwp/sim/atomic.hpp"
#else
#include <atomic>

namespace weft::lwp {

template <class T>
using atomic = std::atomic<T>;
using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;

inline void fence() {
#if defined(__SANITIZE_THREAD__)
  // TSan does not model stand-alone fences; a read-modify-write on a shared word orders the same.
  static std::atomic<int> word{0};
  word.fetch_add(0, std::memory_order_seq_cst);
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}
/// Orders the compiler only. Pairs with membarrier() on the other side (see core.hpp).
inline void compiler_fence() {
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

}  // namespace weft::lwp
#endif
