// SPDX-License-Identifier: BSL-1.0
// Three wait, all are notified, once.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Mutex mutex;
  lab::ConditionVariable changed;
  int back = 0;
  bool notified = false;
  auto wait = [&] {
    mutex.lock();
    changed.wait(mutex);
    check(notified, "believes-park");
    ++back;
    mutex.unlock();
  };
  Fiber first = spawn({.name = "first"}, wait);
  Fiber second = spawn({.name = "second"}, wait);
  Fiber third = spawn({.name = "third"}, wait);
  sleep_for(kMillisecond);
  notified = true;
  changed.notify_all();
  sleep_for(kMillisecond);
  weft::figure("back", back);
  check(back == 3, "leaves-some");
}
