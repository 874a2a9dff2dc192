// SPDX-License-Identifier: BSL-1.0
// Shut down, and only then a step submits another task, and waits for it.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Pool pool(2, 2);
  Job child;
  Job parent(1, [&] {
    sleep_ms(10);
    pool.submit(child);
    sleep_ms(10);
    check(child.done(), "leaves-early");
  });
  pool.submit(parent);
  settle();
  pool.shutdown();
  check(parent.done(), "left-behind");
}
