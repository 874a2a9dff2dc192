// SPDX-License-Identifier: BSL-1.0
// Who waits later does not take the notification of who waited before.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Mutex mutex;
  lab::ConditionVariable changed;
  bool early = false, again = false;
  Fiber waiter = spawn({.name = "early"}, [&] {
    mutex.lock();
    changed.wait(mutex);
    early = true;
    mutex.unlock();
  });
  yield();  // it waits now
  Fiber late = spawn({.name = "late"}, [&] {
    mutex.lock();
    changed.notify_one();  // for the early one: nobody else waits
    changed.wait(mutex);
    check(early, "steals");
    check(again, "wakes-everyone");
    mutex.unlock();
  });
  sleep_for(kMillisecond);
  check(early, "steals");
  again = true;
  changed.notify_one();
}
