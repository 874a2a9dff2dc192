// SPDX-License-Identifier: BSL-1.0
// One permit. Its holder ends, one has come back and waits for it, and another task is ready.
#include "stage.hpp"

void program() {
  using namespace stage;
  Permits permits{1, "given-twice"};
  lab::Pool pool(2, 1);
  settle();
  auto computes = [] { sleep_ms(20); };
  Job blocks(1, [&] {
    permits.run([&] {
      permits.block(pool, [] { sleep_ms(10); });
      computes();
    });
  });
  Job one(1, [&] { permits.run(computes); }), two(1, [&] { permits.run(computes); });
  pool.submit(blocks);
  pool.submit(one);
  pool.submit(two);
  sleep_ms(70);
  check(blocks.done() && one.done() && two.done(), "permit-lost");
  pool.shutdown();
}
