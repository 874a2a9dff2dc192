// SPDX-License-Identifier: BSL-1.0
// Mutex, condition variable and semaphore for fibers, on park and unpark alone, so they work alike
// under every mapping and engine. All are first come, first served, and a semaphore's unit goes
// straight to who waited longest. A mutex may be taken by a late-comer before the waiting fiber
// that was called has come for it, because to pass it on each time makes a switch of every unlock;
// but only kLateComers times in a row (the idea is that of Go's sync.Mutex, which counts time
// instead).
//
// For the fibers of one runtime at a time, and for kernel threads attached to it. What is
// uncontended, and the condition variable's wait, is inline: shallow around the switch, and with
// one permit without an atomic read-modify-write. The forms of waiting are those of wait.hpp.
#pragma once

#include <cstddef>
#include <mutex>
#include <stdexcept>

#include "fibers/owned.hpp"
#include "fibers/wait.hpp"
#include "lwp/note.hpp"

namespace weft::fibers {

class Mutex : private Owned {
  static constexpr int kLateComers = 128;

 public:
  Mutex() : Owned("mutex") {}

  void lock() {
    lwp::Guard guard(lock_);
    lock(guard, {});
  }
  bool lock(const std::stop_token& stop) { return try_lock_until(os::kNever, stop); }
  bool try_lock() {
    lwp::Guard guard(lock_);
    if (owned_by() != nullptr) return false;
    own(&guard.core.task());
    lwp::sanitizer::acquire(this);
    lwp::trace::use(guard.lwp(), lwp::trace::Event::acquire, kind, this);
    return true;
  }
  bool try_lock_until(os::Nanos deadline, const std::stop_token& stop = {}) {
    WakeOnStop wake(stop);
    lwp::Guard guard(lock_);
    return lock(guard, wake.limit(deadline));
  }
  bool try_lock_for(os::Nanos duration, const std::stop_token& stop = {}) {
    return try_lock_until(after(duration), stop);
  }
  /// REQUIRES: the caller holds it.
  void unlock() {
    lwp::Guard guard(lock_);
    release(guard);
  }

 private:
  friend class ConditionVariable;

  // Afterwards `held` may be held or not.
  [[gnu::always_inline]] bool lock(lwp::Locked& held, Limit limit) {
    lwp::Task& self = held.section().task();
    bool locked = true;
    if (owned_by() == nullptr) [[likely]] {
      own(&self);
    } else {
      locked = wait(held, self, limit);
    }
    if (locked) {
      lwp::sanitizer::acquire(this);
      lwp::trace::use(held.lwp(), lwp::trace::Event::acquire, kind, this);
    }
    return locked;
  }
  // `held` is dropped.
  [[gnu::always_inline]] void release(lwp::Locked& held) {
    if (owned_by() != &held.section().task()) [[unlikely]]
      not_owner();
    lwp::sanitizer::release(this);
    lwp::note("unlocks", this, "mutex");
    lwp::trace::use(held.lwp(), lwp::trace::Event::release, kind, this);
    if (!waiters_.empty() || called_ != nullptr) return pass_on(held);
    own(nullptr);
    held.unlock();
  }
  void pass_on(lwp::Locked& held);
  bool wait(lwp::Locked& held, lwp::Task& self, Limit limit);
  [[noreturn]] static void not_owner();

  // INVARIANT: if nobody owns it and somebody waits, one is called, that is, on its way to take it.
  lwp::Lock lock_;
  lwp::WaitList waiters_;  // guarded by lock_, as the next; who is called is not among them
  lwp::Task* called_ = nullptr;
  int late_comers_ = 0;  // unlocks in a row that left somebody waiting
};

class ConditionVariable {
 public:
  /// Releases the mutex, waits for a notification, takes the mutex again. May return early: check
  /// the condition in a loop.
  [[gnu::always_inline]] void wait(std::unique_lock<Mutex>& lock) { wait(*lock.mutex(), {}); }
  /// False if `deadline` or the stop request came first. The mutex is taken again all the same,
  /// for as long as that takes.
  bool wait_until(std::unique_lock<Mutex>& lock, os::Nanos deadline,
                  const std::stop_token& stop = {}) {
    WakeOnStop wake(stop);
    return wait(*lock.mutex(), wake.limit(deadline));
  }
  bool wait_for(std::unique_lock<Mutex>& lock, os::Nanos duration,
                const std::stop_token& stop = {}) {
    return wait_until(lock, after(duration), stop);
  }

  template <class Condition>
  void wait(std::unique_lock<Mutex>& lock, Condition condition) {
    while (!condition()) wait(lock);
  }
  /// These return what the condition said last (as std::condition_variable_any).
  template <class Condition>
  bool wait(std::unique_lock<Mutex>& lock, const std::stop_token& stop, Condition condition) {
    return wait_until(lock, os::kNever, stop, std::move(condition));
  }
  template <class Condition>
  bool wait_until(std::unique_lock<Mutex>& lock, os::Nanos deadline, Condition condition) {
    return wait_until(lock, deadline, {}, std::move(condition));
  }
  template <class Condition>
  bool wait_until(std::unique_lock<Mutex>& lock, os::Nanos deadline, const std::stop_token& stop,
                  Condition condition) {
    WakeOnStop wake(stop);
    Limit limit = wake.limit(deadline);
    while (!condition()) {
      if (!wait(*lock.mutex(), limit)) return condition();
    }
    return true;
  }
  template <class Condition>
  bool wait_for(std::unique_lock<Mutex>& lock, os::Nanos duration, Condition condition) {
    return wait_until(lock, after(duration), {}, std::move(condition));
  }

  void notify_one() {
    lwp::Guard guard(lock_);
    lwp::Waiter* w = waiters_.take_first(guard.alone());
    guard.unlock();
    lwp::wake(guard.core.lwp(), w);
  }
  void notify_all() {
    lwp::Guard guard(lock_);
    lwp::Waiter* all = waiters_.take_all(guard.alone());
    guard.unlock();
    lwp::wake(guard.core.lwp(), all);
  }

 private:
  // One stay in core. We are in the list before the mutex is free: a notification from its next
  // owner finds us, and if it comes before we park, the park returns at once.
  [[gnu::always_inline]] bool wait(Mutex& mutex, Limit limit) {
    lwp::Guard guard(lock_);
    lwp::Waiter w(guard.core.task(), limit.stop);
    waiters_.push(w);
    guard.unlock();
    lwp::Locked held(guard.core, mutex.lock_);
    mutex.release(held);
    bool notified = true;
    if (wakes_early(guard, w)) {
      // as any waiter may
    } else if (limit.none()) [[likely]] {
      park_on(guard.core, w, {"condition variable", this});
    } else {
      notified = wait_limited(guard, w, limit);
    }
    held.lock();
    mutex.lock(held, {});
    return notified;
  }
  // Explored with faults: without a reason, unless somebody has called it meanwhile.
  [[gnu::always_inline]] bool wakes_early(lwp::Guard& guard, lwp::Waiter& w) {
    if (!lwp::fault("wakes without a reason")) return false;
    guard.lock();
    const bool waits = w.linked;
    waiters_.remove(w);
    guard.unlock();
    return waits;
  }
  bool wait_limited(lwp::Guard& guard, lwp::Waiter& w, Limit limit);

  lwp::Lock lock_;
  lwp::WaitList waiters_;  // guarded by lock_
};

/// A counting semaphore (Dijkstra's P and V).
class Semaphore {
 public:
  /// Throws std::invalid_argument for a negative count.
  explicit Semaphore(std::ptrdiff_t count) : count_(count) {
    if (count < 0) throw std::invalid_argument("Semaphore: a count of less than 0");
  }

  void acquire() {
    lwp::Guard guard(lock_);
    acquire(guard, {});
  }
  bool acquire(const std::stop_token& stop) { return acquire_until(os::kNever, stop); }
  bool try_acquire() {
    lwp::Guard guard(lock_);
    if (count_ == 0) return false;
    --count_;
    lwp::sanitizer::acquire(this);
    return true;
  }
  bool acquire_until(os::Nanos deadline, const std::stop_token& stop = {}) {
    WakeOnStop wake(stop);
    lwp::Guard guard(lock_);
    return acquire(guard, wake.limit(deadline));
  }
  bool acquire_for(os::Nanos duration, const std::stop_token& stop = {}) {
    return acquire_until(after(duration), stop);
  }
  void release(std::ptrdiff_t n = 1);

 private:
  [[gnu::always_inline]] bool acquire(lwp::Locked& held, Limit limit) {
    bool acquired = true;
    if (count_ > 0) [[likely]] {
      --count_;
    } else {
      acquired = wait_in(waiters_, held, {"semaphore", this}, limit);
    }
    if (acquired) {
      lwp::sanitizer::acquire(this);
      lwp::trace::use(held.lwp(), lwp::trace::Event::receive, "semaphore", this);
    }
    return acquired;
  }

  lwp::Lock lock_;
  std::ptrdiff_t count_;   // guarded by lock_; while fibers wait it is 0
  lwp::WaitList waiters_;  // guarded by lock_
};

}  // namespace weft::fibers
