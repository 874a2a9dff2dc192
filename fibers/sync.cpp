// SPDX-License-Identifier: BSL-1.0
#include "fibers/sync.hpp"

#include "lwp/donation.hpp"
#include "lwp/dump.hpp"

namespace weft::fibers {

bool Mutex::wait(lwp::Locked& held, lwp::Task& self, Limit limit) {
  if (owned_by() == &self) lwp::broken("a fiber locks a mutex that it holds already");
  lwp::Core& core = held.section();
  lwp::Waiter w(self, limit.stop);
  waiters_.push(w);
  lwp::Donation donation(core, self, *owned_by(), this);
  held.unlock();
  {
    WaitsForOwner edge(core, *this, limit.none());
    // If it is signaled, unlock() has made us the owner.
    if (lwp::await(core, w, {kind, this}, limit.deadline) == lwp::Outcome::signaled) return true;
  }
  held.lock();
  waiters_.remove(w);
  return false;
}

void Mutex::pass_donations(lwp::Lwp& l, lwp::Task& self, lwp::Task& heir) {
  lwp::Donation::pass_on(l, self, heir, this);
}

void Mutex::not_owner() {
  lwp::broken("a mutex was unlocked by a fiber not its owner");
}

bool ConditionVariable::wait_limited(lwp::Guard& guard, lwp::Waiter& w, Limit limit) {
  lwp::Reason why{"condition variable", this};
  if (lwp::await(guard.core, w, why, limit.deadline) == lwp::Outcome::signaled) return true;
  guard.lock();
  waiters_.remove(w);
  guard.unlock();
  return false;
}

void Semaphore::release(std::ptrdiff_t n) {
  lwp::Guard guard(lock_);
  lwp::sanitizer::release(this);
  lwp::Waiter* chain = nullptr;
  lwp::Waiter** end = &chain;
  for (; n > 0; --n) {
    lwp::Waiter* w = waiters_.take_first(guard.alone());  // the unit goes to it, not through count_
    if (w == nullptr) break;
    *end = w;
    end = &w->next;
  }
  count_ += n;
  guard.unlock();
  lwp::wake(guard.core.lwp(), chain);
}

}  // namespace weft::fibers
