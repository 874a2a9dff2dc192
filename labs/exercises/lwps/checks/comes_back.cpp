// SPDX-License-Identifier: BSL-1.0
// One permit. A task blocks, and one that yields again and again has the permit meanwhile.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Pool pool(2, 1);
  bool ended = false, back = false;  // the call; the task that made it
  int turns = 0;                     // of the other, in between
  Job blocks(1, [&] {
    pool.blocking([&] {
      sleep_ms(1);
      ended = true;
    });
    back = true;
  });
  Job yields(12, [&] {
    if (!back) sleep_ms(1);
    if (ended && !back) ++turns;
    check(turns < 5, "starves");
  });
  pool.submit(blocks);
  pool.submit(yields);
  sleep_ms(50);
  check(back, "permit-lost");
  pool.shutdown();
}
