// SPDX-License-Identifier: BSL-1.0
// Somebody waits; who had the mutex gives it back, and takes it again if it can before the other
// has run.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Mutex mutex;
  bool inside = false, mine = true;
  mutex.lock();
  Fiber waiter = spawn({.name = "waiter"}, [&] {
    mutex.lock();
    check(!mine, "two-inside");
    check(!inside, "woken-is-not-owner");
    mutex.unlock();
  });
  yield();  // it waits now
  mine = false;
  mutex.unlock();
  if (mutex.try_lock()) {
    inside = true;
    yield();
    inside = false;
    mutex.unlock();
  }
}
