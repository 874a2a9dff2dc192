// SPDX-License-Identifier: BSL-1.0
#include "fibers/wait.hpp"

#include "fibers/scope.hpp"

namespace weft::fibers {

// The stop of the scope it was spawned into: only fibers and attached threads can request it, and
// they are part of a deadlock themselves.
bool WakeOnStop::is_own_scopes(const ControlBlock& self, const std::stop_token& stop) {
  return self.scope != nullptr && !self.scope->from_outside_ && self.scope->token_ == stop;
}

void WakeOnStop::watch(const std::stop_token& stop) {
  stop_ = stop;
  lwp::Task* self;
  bool inside;
  {
    lwp::Core core;
    self = &core.task();
    inside = is_own_scopes(static_cast<ControlBlock&>(*self), stop);
    if (!inside) scheduler_ = core.lwp().scheduler;
  }
  if (!inside) scheduler_->outside(1);
  callback_.emplace(stop_, Unpark{self});
}

void WakeOnStop::unwatch() {
  callback_.reset();
  if (scheduler_ != nullptr) scheduler_->outside(-1);
}

bool wait_in(lwp::WaitList& list, lwp::Locked& held, lwp::Reason why, Limit limit, void* offer) {
  lwp::Core& core = held.section();
  lwp::Waiter w(core.task(), limit.stop);
  w.offer = offer;
  list.push(w);
  held.unlock();
  if (lwp::await(core, w, why, limit.deadline) == lwp::Outcome::signaled) return true;
  held.lock();
  list.remove(w);
  return false;
}

}  // namespace weft::fibers
