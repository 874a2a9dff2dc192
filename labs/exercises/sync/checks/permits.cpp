// SPDX-License-Identifier: BSL-1.0
// Two permits, three fibers: two are inside at the same time, and the third waits.
#include <algorithm>

#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Semaphore permits(2);
  int inside = 0, most = 0;
  auto visit = [&] {
    permits.acquire();
    most = std::max(most, ++inside);
    sleep_for(kMillisecond);
    --inside;
    permits.release();
  };
  {
    Fiber first = spawn({.name = "first"}, visit);
    Fiber second = spawn({.name = "second"}, visit);
    Fiber third = spawn({.name = "third"}, visit);
  }
  weft::figure("inside", most);
  check(most == 2, "counts-wrong");
}
