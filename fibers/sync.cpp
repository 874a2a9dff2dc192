// SPDX-License-Identifier: BSL-1.0
#include "fibers/sync.hpp"

#include "lwp/donation.hpp"
#include "lwp/dump.hpp"

namespace weft::fibers {

bool Mutex::wait(lwp::Locked& held, lwp::Task& self, Limit limit) {
  if (owned_by() == &self) lwp::broken("a fiber locks a mutex that it holds already");
  lwp::Core& core = held.section();
  for (bool first = true; owned_by() != nullptr; first = false) {
    lwp::Waiter w(self, limit.stop);
    first ? waiters_.push(w) : waiters_.push_front(w);
    lwp::Donation donation(core, self, *owned_by(), this);
    self.waits_owner.store(owned_by()->id(), lwp::memory_order_relaxed);
    held.unlock();
    lwp::Outcome outcome;
    {
      WaitsForOwner edge(core, *this, limit.none());
      outcome = lwp::await(core, w, {kind, this}, limit.deadline);
    }
    held.lock();
    self.waits_owner.store(0, lwp::memory_order_relaxed);
    if (owned_by() == &self) return true;  // it was passed on to us
    if (outcome != lwp::Outcome::signaled) {
      waiters_.remove(w);
      return false;
    }
    called_ =
        nullptr;  // it was our turn; if a late-comer has it, we are the first to be called again
  }
  late_comers_ = 0;
  own(&self);
  return true;
}

// Calls who waited longest; or makes it the owner, if late-comers have had their share, and where
// an owner has the priority of those who wait for it, which is for the most urgent to use.
void Mutex::pass_on(lwp::Locked& held) {
  lwp::Task& self = held.section().task();
  lwp::Waiter* next = called_ == nullptr ? waiters_.take_first(held.alone()) : nullptr;
  if (next != nullptr) called_ = next->task;
  lwp::Task* heir = nullptr;
  if (++late_comers_ > kLateComers || held.lwp().scheduler->donates()) {
    late_comers_ = 0;
    heir = std::exchange(called_, nullptr);
    if (heir != nullptr && self.receives != nullptr) {
      lwp::Donation::pass_on(held.lwp(), self, *heir, this);
    }
  }
  own(heir);
  held.unlock();
  lwp::wake(held.lwp(), next);
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
  lwp::trace::use(guard.lwp(), lwp::trace::Event::send, "semaphore", this);
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
