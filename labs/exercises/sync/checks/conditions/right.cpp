// SPDX-License-Identifier: BSL-1.0
// As it ought to be.
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
  Queue all;
  {
    Guard guard(guard_);
    while (Waiter* next = queue_.take()) all.put(*next);
  }
  while (Waiter* next = all.take()) tell(next);
}

}  // namespace lab
