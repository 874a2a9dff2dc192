// SPDX-License-Identifier: BSL-1.0
// Three wait, one is notified, then another, then the third.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Mutex mutex;
  lab::ConditionVariable changed;
  int back = 0;
  auto wait = [&] {
    mutex.lock();
    changed.wait(mutex);
    ++back;
    mutex.unlock();
  };
  Fiber first = spawn({.name = "first"}, wait);
  Fiber second = spawn({.name = "second"}, wait);
  Fiber third = spawn({.name = "third"}, wait);
  for (int notified = 1; notified <= 3; ++notified) {
    sleep_for(kMillisecond);
    changed.notify_one();
    sleep_for(kMillisecond);
    weft::figure("back", back);
    check(back >= notified, "nobody-wakes");
    check(back == notified, "wakes-everyone");
  }
}
