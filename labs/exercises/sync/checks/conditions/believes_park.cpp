// SPDX-License-Identifier: BSL-1.0
// wait returns when its park does, for whatever reason.
#include "condition.hpp"

namespace lab {

void ConditionVariable::wait(Mutex& mutex) {
  Waiter me;
  {
    Guard guard(guard_);
    queue_.put(me);
  }
  mutex.unlock();
  park();
  {
    Guard guard(guard_);
    Queue others;
    while (Waiter* next = queue_.take()) {
      if (next != &me) others.put(*next);
    }
    while (Waiter* next = others.take()) queue_.put(*next);
  }
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
