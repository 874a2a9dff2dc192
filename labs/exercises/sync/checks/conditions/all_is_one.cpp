// SPDX-License-Identifier: BSL-1.0
// notify_all wakes one.
#include "condition.hpp"

namespace lab {

void ConditionVariable::wait(Mutex& mutex) {
  Waiter me;
  {
    Guard guard(guard_);
    queue_.put(me);
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
  tell(next);
}

void ConditionVariable::notify_all() {
  notify_one();
}

}  // namespace lab
