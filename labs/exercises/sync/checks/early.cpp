// SPDX-License-Identifier: BSL-1.0
// Parks that end early, for no reason: of who waits for a mutex, and for a permit.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Mutex mutex;
  lab::Semaphore permits(0);
  Inside inside;
  false_alarms = 3;
  mutex.lock();
  inside.enter();
  Fiber locks = spawn({.name = "locks"}, [&] {
    mutex.lock();
    inside.visit();
    mutex.unlock();
  });
  sleep_for(kMillisecond);
  inside.leave();
  mutex.unlock();
  locks.join();

  bool released = false;
  false_alarms = 3;
  Fiber acquires = spawn({.name = "acquires"}, [&] {
    permits.acquire();
    check(released, "believes-park");
  });
  sleep_for(kMillisecond);
  released = true;
  permits.release();
}
