// SPDX-License-Identifier: BSL-1.0
// What the student's tests are tried on: one ConditionVariable of several, with a right Mutex.
#pragma once

#include <algorithm>
#include <vector>

#include "checks/stage.hpp"

namespace lab {

using Guard = std::lock_guard<SpinLock>;

inline void wait_until_told(Waiter& me) {
  while (!me.told) park();
}
inline void tell(Waiter* waiter) {
  if (waiter == nullptr) return;
  const Handle fiber = waiter->fiber();
  waiter->told = true;
  unpark(fiber);
}

void Mutex::lock() {
  Waiter me;
  {
    Guard guard(guard_);
    if (owner_ == nullptr) {
      owner_ = self();
      return;
    }
    queue_.put(me);
  }
  wait_until_told(me);
}
bool Mutex::try_lock() {
  Guard guard(guard_);
  if (owner_ != nullptr) return false;
  owner_ = self();
  return true;
}
void Mutex::unlock() {
  Waiter* next = nullptr;
  {
    Guard guard(guard_);
    next = queue_.take();
    owner_ = next == nullptr ? nullptr : next->fiber();
  }
  tell(next);
}

}  // namespace lab

void program() {
  std::vector<lab::Test> all;
  std::ranges::copy_if(lab::tests, std::back_inserter(all), [](auto* t) { return t != nullptr; });
  if (!all.empty()) all[static_cast<std::size_t>(weft::choose(static_cast<int>(all.size())))]();
}
