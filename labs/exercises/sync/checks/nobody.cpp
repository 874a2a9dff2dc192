// SPDX-License-Identifier: BSL-1.0
// Nobody waits: it is as if nothing had been notified.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Mutex mutex;
  lab::ConditionVariable changed;
  changed.notify_one();
  changed.notify_all();
  bool notified = false;
  Fiber waiter = spawn({.name = "waiter"}, [&] {
    mutex.lock();
    changed.wait(mutex);
    check(notified, "remembers");
    mutex.unlock();
  });
  sleep_for(kMillisecond);
  notified = true;
  changed.notify_one();
}
