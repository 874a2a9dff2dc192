// SPDX-License-Identifier: BSL-1.0
// Two wait. Who gives one permit wants one, too: one of the three gets it, and nobody else.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Semaphore permits(0);
  int got = 0;
  auto take = [&] {
    permits.acquire();
    ++got;
  };
  Fiber first = spawn({.name = "first"}, take);
  Fiber second = spawn({.name = "second"}, take);
  yield();  // they wait now
  Fiber late = spawn({.name = "late"}, [&] {
    permits.release();
    take();
  });
  sleep_for(kMillisecond);
  weft::figure("got", got);
  check(got == 1, got == 0 ? "nobody-wakes" : "one-too-many");
  permits.release();
  permits.release();
}
