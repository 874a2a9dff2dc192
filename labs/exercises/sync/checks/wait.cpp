// SPDX-License-Identifier: BSL-1.0
// Who waits gives the mutex up, and has it again afterwards.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Mutex mutex;
  lab::ConditionVariable changed;
  bool ready = false, mine = false;
  Fiber waiter = spawn({.name = "waiter"}, [&] {
    mutex.lock();
    while (!ready) changed.wait(mutex);
    check(!mine, "without-the-mutex");
    check(!mutex.try_lock(), "without-the-mutex");
    mutex.unlock();
  });
  yield();  // it waits now
  mutex.lock();
  mine = ready = true;
  changed.notify_one();
  yield();
  mine = false;
  mutex.unlock();
}
