// SPDX-License-Identifier: BSL-1.0
#include "fibers/barrier.hpp"

#include "lwp/dump.hpp"

namespace weft::fibers {

Barrier::Phase Barrier::arrive(std::ptrdiff_t leaving) {
  Phase mine;
  {
    lwp::Guard guard(lock_);
    lwp::sanitizer::release(this);
    mine = phase_;
    members_ -= leaving;
    if (missing_ == 0) lwp::broken("more fibers arrived at a barrier than it has members");
    if (--missing_ > 0) return mine;
    lwp::sanitizer::acquire(this);
  }
  // Everybody else has arrived and waits, or will: the phase is ours alone until it changes.
  if (completion_) completion_();
  lwp::Guard guard(lock_);
  lwp::sanitizer::release(this);
  ++phase_;
  missing_ = members_;
  lwp::Waiter* all = waiters_.take_all(guard.alone());
  guard.unlock();
  lwp::wake(guard.core.lwp(), all);
  return mine;
}

bool Barrier::wait_limited(Phase phase, Limit limit) {
  lwp::Guard guard(lock_);
  bool ended = phase_ != phase || wait_in(waiters_, guard, {"barrier", this}, limit);
  if (ended) lwp::sanitizer::acquire(this);
  return ended;
}

bool Barrier::wait_until(Phase phase, os::Nanos deadline, const std::stop_token& stop) {
  WakeOnStop wake(stop);
  return wait_limited(phase, wake.limit(deadline));
}

}  // namespace weft::fibers
