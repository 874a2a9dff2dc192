// SPDX-License-Identifier: BSL-1.0
// A park that ends early, for no reason, is none of the waiter's business.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Mutex mutex;
  lab::ConditionVariable changed;
  bool notified = false;
  false_alarms = 3;
  Fiber waiter = spawn({.name = "waiter"}, [&] {
    mutex.lock();
    changed.wait(mutex);
    check(notified, "believes-park");
    mutex.unlock();
  });
  sleep_for(kMillisecond);
  notified = true;
  changed.notify_one();
}
