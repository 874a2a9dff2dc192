// SPDX-License-Identifier: BSL-1.0
#include "fibers/event.hpp"

namespace weft::fibers {

void Event::set() {
  lwp::Guard guard(lock_);
  lwp::sanitizer::release(this);
  lwp::Waiter* woken;
  if (kind_ == manual_reset) {
    set_ = true;
    woken = waiters_.take_all(guard.alone());
  } else {
    woken = waiters_.take_first(guard.alone());  // who is woken has reset it already
    set_ = woken == nullptr;
  }
  guard.unlock();
  lwp::wake(guard.core.lwp(), woken);
}

void Event::reset() {
  lwp::Guard guard(lock_);
  set_ = false;
}

bool Event::is_set() {
  lwp::Guard guard(lock_);
  return set_;
}

bool Event::wait_limited(Limit limit) {
  lwp::Guard guard(lock_);
  bool passed = set_;
  if (passed) {
    set_ = kind_ == manual_reset;
  } else if (limit.deadline != 0) {  // 0: try_wait()
    passed = wait_in(waiters_, guard, {"event", this}, limit);
  }
  if (passed) lwp::sanitizer::acquire(this);
  return passed;
}

bool Event::wait_until(os::Nanos deadline, const std::stop_token& stop) {
  WakeOnStop wake(stop);
  return wait_limited(wake.limit(deadline));
}

}  // namespace weft::fibers
