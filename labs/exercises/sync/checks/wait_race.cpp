// SPDX-License-Identifier: BSL-1.0
// One waits for what another does, on two LWPs at the same time.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Mutex mutex;
  lab::ConditionVariable changed;
  Inside inside;
  bool ready = false;
  Fiber waiter = spawn({.name = "waiter"}, [&] {
    mutex.lock();
    while (!ready) changed.wait(mutex);
    inside.visit();
    mutex.unlock();
  });
  mutex.lock();
  inside.visit();
  ready = true;
  mutex.unlock();
  changed.notify_one();
}
