// SPDX-License-Identifier: BSL-1.0
// What the lab shows: how many of four consumers wake up for nothing when an item comes, and how
// often a fiber parks that waits for a mutex.
#include "checks/stage.hpp"

namespace {

using namespace stage;

int wake_ups_for_nothing(void (lab::ConditionVariable::*notify)()) {
  constexpr int kConsumers = 4, kItems = 20;
  lab::Mutex mutex;
  lab::ConditionVariable changed;
  int items = 0, for_nothing = 0;
  bool closed = false;
  auto consume = [&] {
    mutex.lock();
    while (true) {
      while (items == 0 && !closed) {
        changed.wait(mutex);
        if (items == 0 && !closed) ++for_nothing;
      }
      if (items == 0) break;
      --items;
    }
    mutex.unlock();
  };
  Fiber consumers[kConsumers];
  for (Fiber& c : consumers) c = spawn({.name = "consumer"}, consume);
  for (int i = 0; i < kItems; ++i) {
    sleep_for(kMillisecond);
    mutex.lock();
    ++items;
    (changed.*notify)();
    mutex.unlock();
  }
  sleep_for(kMillisecond);
  mutex.lock();
  closed = true;
  mutex.unlock();
  changed.notify_all();
  for (Fiber& c : consumers) c.join();
  return for_nothing;
}

int parks_of_three() {
  lab::Mutex mutex;
  mutex.lock();
  auto visit = [&] {
    mutex.lock();
    mutex.unlock();
  };
  const int before = parks;
  Fiber fibers[3];
  for (Fiber& f : fibers) f = spawn({.name = "waiter"}, visit);
  sleep_for(10 * kMillisecond);
  const int seen = parks - before;
  mutex.unlock();
  for (Fiber& f : fibers) f.join();
  return seen;
}

}  // namespace

void program() {
  weft::figure("for-nothing-all", wake_ups_for_nothing(&lab::ConditionVariable::notify_all));
  weft::figure("for-nothing-one", wake_ups_for_nothing(&lab::ConditionVariable::notify_one));
  weft::figure("parks", parks_of_three());
}
