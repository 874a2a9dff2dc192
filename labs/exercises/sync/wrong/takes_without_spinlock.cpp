// SPDX-License-Identifier: BSL-1.0
// expect: sync.without-spinlock
// It looks under the SpinLock, and takes the mutex without it.
#include "sync.hpp"

namespace lab {
namespace {

using Guard = std::lock_guard<SpinLock>;

void wait_until_told(Waiter& me) {
  while (!me.told) park();  // it may return early
}

void tell(Waiter& waiter) {
  const Handle fiber = waiter.fiber();  // read before it is told: then it may be gone
  waiter.told = true;
  unpark(fiber);
}

}  // namespace

void Mutex::lock() {
  Waiter me;
  bool free = false;
  {
    Guard guard(guard_);
    free = owner_ == nullptr;
    if (!free) queue_.put(me);
  }
  if (!free) return wait_until_told(me);
  owner_ = self();
}

bool Mutex::try_lock() {
  Guard guard(guard_);
  if (owner_ != nullptr) return false;
  owner_ = self();
  return true;
}

void Mutex::unlock() {
  Waiter* next = nullptr;
  {
    Guard guard(guard_);
    next = queue_.take();
    owner_ = next == nullptr ? nullptr : next->fiber();
  }
  if (next != nullptr) tell(*next);
}

void Semaphore::acquire() {
  Waiter me;
  {
    Guard guard(guard_);
    if (permits_ > 0) {
      --permits_;
      return;
    }
    queue_.put(me);
  }
  wait_until_told(me);
}

void Semaphore::release() {
  Waiter* next = nullptr;
  {
    Guard guard(guard_);
    next = queue_.take();
    if (next == nullptr) ++permits_;
  }
  if (next != nullptr) tell(*next);
}

void ConditionVariable::wait(Mutex& mutex) {
  Waiter me;
  {
    Guard guard(guard_);
    queue_.put(me);  // before the mutex is free: who notifies from now on finds us
  }
  mutex.unlock();
  wait_until_told(me);
  mutex.lock();
}

void ConditionVariable::notify_one() {
  Waiter* next = nullptr;
  {
    Guard guard(guard_);
    next = queue_.take();
  }
  if (next != nullptr) tell(*next);
}

void ConditionVariable::notify_all() {
  Queue all;
  {
    Guard guard(guard_);
    while (Waiter* next = queue_.take()) all.put(*next);  // those who wait now, and no others
  }
  while (Waiter* next = all.take()) tell(*next);
}

}  // namespace lab
