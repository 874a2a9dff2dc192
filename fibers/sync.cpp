// SPDX-License-Identifier: BSL-1.0
#include "fibers/sync.hpp"

#include <optional>

#include "lwp/dump.hpp"

namespace weft::fibers {

// A woken fiber may destroy the very object that woke it (a semaphore on its stack). So a waker
// either drops the lock and then touches the object no more, or wakes under the lock, which each
// waiter takes once more before it goes on.

// ---- Mutex ----------------------------------------------------------------------------------

void Mutex::lock() {
  lwp::Guard guard(lock_);
  lwp::Task& self = guard.core.task();
  if (owner_ == &self) lwp::broken("a fiber locks a mutex that it holds already");
  if (owner_ == nullptr) {
    owner_ = &self;
  } else {
    lwp::Waiter w(self);
    waiters_.push(w);
    guard.unlock();
    lwp::await(guard.core, w, {"mutex", this});  // unlock() has made us the owner
    guard.lock();
  }
  lwp::sanitizer::acquire(this);
}

bool Mutex::try_lock() {
  lwp::Guard guard(lock_);
  if (owner_ != nullptr) return false;
  owner_ = &guard.core.task();
  lwp::sanitizer::acquire(this);
  return true;
}

void Mutex::unlock() {
  lwp::Guard guard(lock_);
  if (owner_ != &guard.core.task()) lwp::broken("a mutex was unlocked by a fiber not its owner");
  lwp::sanitizer::release(this);
  lwp::Task* heir = waiters_.signal_first();
  owner_ = heir;
  guard.unlock();
  if (heir != nullptr) lwp::unpark(guard.core.lwp(), *heir);
}

// ---- ConditionVariable ----------------------------------------------------------------------

bool ConditionVariable::wait_until(std::unique_lock<Mutex>& lock, os::Nanos deadline) {
  // In the list before the mutex is free: a notification from its next owner finds us, and if it
  // comes before we park, the park returns at once.
  std::optional<lwp::Waiter> w;
  {
    lwp::Guard guard(lock_);
    waiters_.push(w.emplace(guard.core.task()));
  }
  lock.unlock();
  lwp::Outcome outcome;
  {
    lwp::Core core;
    outcome = lwp::await(core, *w, {"condition variable", this}, deadline);
  }
  {
    lwp::Guard guard(lock_);
    waiters_.remove(*w);
  }
  lock.lock();
  return outcome == lwp::Outcome::signaled;
}

void ConditionVariable::notify_one() {
  lwp::Guard guard(lock_);
  lwp::Task* task = waiters_.signal_first();
  guard.unlock();
  if (task != nullptr) lwp::unpark(guard.core.lwp(), *task);
}

void ConditionVariable::notify_all() {
  lwp::Guard guard(lock_);
  while (lwp::Task* task = waiters_.signal_first()) lwp::unpark(guard.core.lwp(), *task);
}

// ---- Semaphore ------------------------------------------------------------------------------

bool Semaphore::try_acquire() {
  lwp::Guard guard(lock_);
  if (count_ == 0) return false;
  --count_;
  lwp::sanitizer::acquire(this);
  return true;
}

bool Semaphore::acquire_until(os::Nanos deadline) {
  lwp::Guard guard(lock_);
  bool acquired = true;
  if (count_ > 0) {
    --count_;
  } else {
    lwp::Waiter w(guard.core.task());
    waiters_.push(w);
    guard.unlock();
    acquired = lwp::await(guard.core, w, {"semaphore", this}, deadline) == lwp::Outcome::signaled;
    guard.lock();
    waiters_.remove(w);
  }
  if (acquired) lwp::sanitizer::acquire(this);
  return acquired;
}

void Semaphore::release(std::ptrdiff_t n) {
  lwp::Guard guard(lock_);
  lwp::sanitizer::release(this);
  for (; n > 0; --n) {
    lwp::Task* task = waiters_.signal_first();  // the unit goes to it, not through count_
    if (task == nullptr) break;
    lwp::unpark(guard.core.lwp(), *task);
  }
  count_ += n;
}

}  // namespace weft::fibers
