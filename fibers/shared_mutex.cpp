// SPDX-License-Identifier: BSL-1.0
#include "fibers/shared_mutex.hpp"

#include "lwp/dump.hpp"

namespace weft::fibers {

// Enters if nobody is in the way, REQUIRES the lock.
bool SharedMutex::enter(How how, lwp::Task& self) {
  if (owned_by() != nullptr || !waiters_.empty()) return false;
  if (how == kShared) {
    ++readers_;
  } else {
    if (readers_ > 0) return false;
    own(&self);
  }
  return true;
}

// Lets in the first of the queue, as far as it may: a chain to wake. REQUIRES the lock.
lwp::Waiter* SharedMutex::admit(bool alone) {
  lwp::Waiter* chain = nullptr;
  lwp::Waiter** end = &chain;
  while (owned_by() == nullptr && !waiters_.empty()) {
    bool shared = waiters_.first()->offer != nullptr;
    if (!shared && readers_ > 0) break;
    lwp::Waiter* w = waiters_.first();
    waiters_.remove(*w);
    w->next = nullptr;
    if (!w->take(alone)) continue;  // its limit has come
    if (shared) {
      ++readers_;
    } else {
      own(w->task);
    }
    *end = w;
    end = &w->next;
  }
  return chain;
}

bool SharedMutex::take(How how, Limit limit) {
  lwp::Guard guard(lock_);
  lwp::Task& self = guard.core.task();
  if (!enter(how, self)) {
    if (owned_by() == &self) lwp::broken("a fiber locks a shared mutex that it holds already");
    lwp::Waiter w(self, limit.stop);
    w.offer = how == kShared ? this : nullptr;
    waiters_.push(w);
    const lwp::Task* owner = owned_by();
    self.waits_owner.store(owner == nullptr ? 0 : owner->id(), lwp::memory_order_relaxed);
    guard.unlock();
    lwp::Reason why{how == kShared ? "shared mutex, to read" : "shared mutex, to write", this};
    lwp::Outcome outcome;
    {
      WaitsForOwner edge(guard.core, *this, limit.none());
      outcome = lwp::await(guard.core, w, why, limit.deadline);
    }
    self.waits_owner.store(0, lwp::memory_order_relaxed);
    if (outcome != lwp::Outcome::signaled) {
      guard.lock();
      waiters_.remove(w);
      lwp::Waiter* others = admit(guard.alone());  // those who waited only for us to be served
      guard.unlock();
      lwp::wake(guard.core.lwp(), others);
      return false;
    }
  }
  lwp::sanitizer::acquire(this);
  lwp::trace::use(guard.lwp(), lwp::trace::Event::acquire, kind, this);
  return true;
}

bool SharedMutex::try_lock() {
  lwp::Guard guard(lock_);
  if (!enter(kAlone, guard.core.task())) return false;
  lwp::sanitizer::acquire(this);
  lwp::trace::use(guard.lwp(), lwp::trace::Event::acquire, kind, this);
  return true;
}

bool SharedMutex::try_lock_shared() {
  lwp::Guard guard(lock_);
  if (!enter(kShared, guard.core.task())) return false;
  lwp::sanitizer::acquire(this);
  lwp::trace::use(guard.lwp(), lwp::trace::Event::acquire, kind, this);
  return true;
}

bool SharedMutex::try_lock_until(os::Nanos deadline, const std::stop_token& stop) {
  WakeOnStop wake(stop);
  return take(kAlone, wake.limit(deadline));
}

bool SharedMutex::try_lock_shared_until(os::Nanos deadline, const std::stop_token& stop) {
  WakeOnStop wake(stop);
  return take(kShared, wake.limit(deadline));
}

void SharedMutex::unlock() {
  lwp::Guard guard(lock_);
  if (owned_by() != &guard.core.task()) {
    lwp::broken("a shared mutex was unlocked by a fiber not its owner");
  }
  lwp::sanitizer::release(this);
  lwp::trace::use(guard.lwp(), lwp::trace::Event::release, kind, this);
  own(nullptr);
  lwp::Waiter* next = admit(guard.alone());
  guard.unlock();
  lwp::wake(guard.core.lwp(), next);
}

void SharedMutex::unlock_shared() {
  lwp::Guard guard(lock_);
  if (readers_ == 0) lwp::broken("unlock_shared() of a shared mutex that nobody shares");
  lwp::sanitizer::release(this);
  lwp::trace::use(guard.lwp(), lwp::trace::Event::release, kind, this);
  --readers_;
  lwp::Waiter* next = admit(guard.alone());
  guard.unlock();
  lwp::wake(guard.core.lwp(), next);
}

}  // namespace weft::fibers
