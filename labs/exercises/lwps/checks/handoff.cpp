// SPDX-License-Identifier: BSL-1.0
// One permit. A task computes for 5 ms, and a second becomes ready meanwhile. Then the first blocks
// for 10 ms. The second computes for 20 ms, and so is still at it when the first comes back.
#include "stage.hpp"

void program() {
  using namespace stage;
  Permits permits{1, "back-without-permit"};
  lab::Pool pool(2, 1);
  settle();
  int blocked = 0, returned = 0, began = 0;
  Job blocks(1, [&] {
    permits.run([&] {
      sleep_ms(5);
      blocked = now_ms();
      permits.block(pool, [] { sleep_ms(10); });
      returned = now_ms();
    });
  });
  Job computes(1, [&] {
    began = now_ms();
    permits.run([] { sleep_ms(20); });
  });
  pool.submit(blocks);
  settle();
  pool.submit(computes);
  sleep_ms(60);
  check(began == blocked, "stalled");
  check(computes.done() && returned == began + 20, "permit-lost");
  pool.shutdown();
}
