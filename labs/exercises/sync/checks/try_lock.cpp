// SPDX-License-Identifier: BSL-1.0
// It says at once whether it has the mutex.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Mutex mutex;
  check(mutex.try_lock(), "try-refuses");
  Fiber other = spawn({.name = "other"}, [&] {
    check(!mutex.try_lock(), "try-takes-anothers");
    check(parks == 0, "try-waits");
  });
  other.join();
  Inside inside;
  Fiber waiter = spawn({.name = "waiter"}, [&] {
    mutex.lock();
    inside.visit();
    mutex.unlock();
  });
  inside.enter();
  yield();
  inside.leave();
  mutex.unlock();
  waiter.join();
  check(mutex.try_lock(), "try-refuses");
}
