// SPDX-License-Identifier: BSL-1.0
#include "fibers/wait_group.hpp"

#include "lwp/dump.hpp"

namespace weft::fibers {

void WaitGroup::add(std::ptrdiff_t n) {
  lwp::Guard guard(lock_);
  lwp::sanitizer::release(this);
  count_ += n;
  if (count_ < 0) lwp::broken("a latch or wait group counted below zero");
  lwp::Waiter* all = count_ == 0 ? waiters_.take_all(guard.alone()) : nullptr;
  guard.unlock();
  lwp::wake(guard.core.lwp(), all);
}

bool WaitGroup::wait_limited(Limit limit) {
  lwp::Guard guard(lock_);
  bool zero = count_ == 0 || wait_in(waiters_, guard, {what_, this}, limit);
  if (zero) lwp::sanitizer::acquire(this);
  return zero;
}

bool WaitGroup::wait_until(os::Nanos deadline, const std::stop_token& stop) {
  WakeOnStop wake(stop);
  return wait_limited(wake.limit(deadline));
}

bool WaitGroup::try_wait() {
  lwp::Guard guard(lock_);
  if (count_ != 0) return false;
  lwp::sanitizer::acquire(this);
  return true;
}

}  // namespace weft::fibers
