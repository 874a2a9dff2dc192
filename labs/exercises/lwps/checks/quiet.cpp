// SPDX-License-Identifier: BSL-1.0
// The only LWP has a task that blocks: there is nobody to wake for the next.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Pool pool(1, 1);
  settle();
  Job one(1, [] { sleep_ms(10); }), two;
  pool.submit(one);
  settle();
  calls = 0;
  pool.submit(two);
  check(calls == 0, "wakes-for-nothing");
  sleep_ms(20);
  check(two.done(), "left-behind");
  pool.shutdown();
}
