// SPDX-License-Identifier: BSL-1.0
// Who has the mutex sleeps. The clock stands still while anybody asks again and again.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Mutex mutex;
  mutex.lock();
  bool mine = true;
  auto visit = [&] {
    mutex.lock();
    check(!mine, "two-inside");
    mutex.unlock();
  };
  Fiber first = spawn({.name = "first"}, visit);
  Fiber second = spawn({.name = "second"}, visit);
  sleep_for(10 * kMillisecond);
  weft::figure("parks", parks);
  check(parks <= 4, "spins");  // one each, and one more if they like
  mine = false;
  mutex.unlock();
}
