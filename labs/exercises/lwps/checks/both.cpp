// SPDX-License-Identifier: BSL-1.0
// Two tasks that block for 10 ms, and two LWPs: both at a time.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Pool pool(2, 2);
  settle();
  auto block = [] { sleep_ms(10); };
  {
    Job one(1, block), two(1, block);
    pool.submit(one);
    settle();  // it blocks
    const int before = now_ms();
    pool.submit(two);
    check(now_ms() == before, "locked-while-running");
    sleep_ms(30);
    check(one.done() && two.done(), "one-sleeps-on");
  }
  Job one(1, block), two(1, block);
  pool.submit(one);
  pool.submit(two);  // before anybody who was woken has come
  sleep_ms(15);
  check(one.done() && two.done(), "one-sleeps-on");
  pool.shutdown();
}
