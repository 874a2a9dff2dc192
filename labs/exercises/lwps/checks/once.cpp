// SPDX-License-Identifier: BSL-1.0
// A task of two steps, one of one, and two LWPs that would both run them.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Pool pool(2, 2);
  Job two(2), one(1);
  pool.submit(two);
  pool.submit(one);
  settle();
  check(two.done() && one.done(), "left-behind");
  pool.shutdown();
}
