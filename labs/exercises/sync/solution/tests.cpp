// SPDX-License-Identifier: BSL-1.0
#include "sync.hpp"

namespace lab {
namespace {

using weft::check;
using weft::fibers::Fiber;
using weft::fibers::sleep_for;
using weft::fibers::spawn;

constexpr auto kMoment = 1'000'000;  // ns; it passes when everybody else waits

// The notify may come at any moment: before the wait, while it begins, after.
void no_notify_is_lost() {
  Mutex mutex;
  ConditionVariable changed;
  bool ready = false;
  Fiber waiter = spawn({.name = "waiter"}, [&] {
    std::lock_guard lock(mutex);
    while (!ready) changed.wait(mutex);
  });
  mutex.lock();
  ready = true;
  mutex.unlock();
  changed.notify_one();
}

// Two wait. How many are back after one notify_one, and after one notify_all?
int back_after(void (ConditionVariable::*notify)()) {
  Mutex mutex;
  ConditionVariable changed;
  int back = 0;
  auto wait = [&] {
    std::lock_guard lock(mutex);
    changed.wait(mutex);
    ++back;
  };
  Fiber first = spawn({.name = "first"}, wait);
  Fiber second = spawn({.name = "second"}, wait);
  sleep_for(kMoment);
  (changed.*notify)();
  sleep_for(kMoment);
  const int seen = back;
  for (; back < 2; sleep_for(kMoment)) changed.notify_one();
  return seen;
}
void one_is_one() {
  check(back_after(&ConditionVariable::notify_one) == 1, "notify_one ends one wait");
}
void all_are_all() {
  check(back_after(&ConditionVariable::notify_all) == 2, "notify_all ends every wait");
}

void has_the_mutex_again() {
  Mutex mutex;
  ConditionVariable changed;
  bool mine = false;
  Fiber waiter = spawn({.name = "waiter"}, [&] {
    std::lock_guard lock(mutex);
    changed.wait(mutex);
    check(!mine, "who comes back from wait has the mutex");
  });
  sleep_for(kMoment);
  mutex.lock();
  mine = true;
  changed.notify_one();
  sleep_for(kMoment);
  mine = false;
  mutex.unlock();
}

// Neither a notify from before, nor a wake-up that means something else.
void ends_only_when_notified() {
  Mutex mutex;
  ConditionVariable changed;
  bool notified = false;
  changed.notify_one();
  Fiber waiter = spawn({.name = "waiter"}, [&] {
    std::lock_guard lock(mutex);
    changed.wait(mutex);
    check(notified, "a wait ends because of a notify that came later");
  });
  sleep_for(kMoment);
  unpark(&waiter.block());
  sleep_for(kMoment);
  notified = true;
  changed.notify_one();
}

}  // namespace

const Test tests[kTests] = {no_notify_is_lost, one_is_one, all_are_all, has_the_mutex_again,
                            ends_only_when_notified};

}  // namespace lab
