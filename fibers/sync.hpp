// SPDX-License-Identifier: BSL-1.0
// Mutex, condition variable and semaphore for fibers, on park and unpark alone, so they work alike
// under every mapping and engine. All are first come, first served, and hand over directly: a
// mutex is passed to the fiber that waited longest, so no late-comer can starve it.
//
// May be called by fibers of one runtime at a time; not by plain kernel threads.
#pragma once

#include <cstddef>
#include <mutex>

#include "fibers/switch.hpp"

namespace weft::fibers {

class Mutex {
 public:
  void lock();
  bool try_lock();
  /// REQUIRES: the caller holds it.
  void unlock();

 private:
  friend class ConditionVariable;
  lwp::Lock lock_;
  lwp::Task* owner_ = nullptr;  // guarded by lock_
  lwp::WaitList waiters_;       // guarded by lock_
};

class ConditionVariable {
 public:
  /// Releases the mutex, waits for a notification, takes the mutex again. May return early: check
  /// the condition in a loop.
  void wait(std::unique_lock<Mutex>& lock) { wait_until(lock, os::kNever); }
  /// False if `deadline` came first.
  bool wait_until(std::unique_lock<Mutex>& lock, os::Nanos deadline);
  bool wait_for(std::unique_lock<Mutex>& lock, os::Nanos duration) {
    return wait_until(lock, os::now() + duration);
  }
  template <class Condition>
  void wait(std::unique_lock<Mutex>& lock, Condition condition) {
    while (!condition()) wait(lock);
  }
  void notify_one();
  void notify_all();

 private:
  lwp::Lock lock_;
  lwp::WaitList waiters_;  // guarded by lock_
};

/// A counting semaphore (Dijkstra's P and V).
class Semaphore {
 public:
  explicit Semaphore(std::ptrdiff_t count) : count_(count) {}
  void acquire() { acquire_until(os::kNever); }
  bool try_acquire();
  /// False if `deadline` came first.
  bool acquire_until(os::Nanos deadline);
  void release(std::ptrdiff_t n = 1);

 private:
  lwp::Lock lock_;
  std::ptrdiff_t count_;   // guarded by lock_; while fibers wait it is 0
  lwp::WaitList waiters_;  // guarded by lock_
};

}  // namespace weft::fibers
