// SPDX-License-Identifier: BSL-1.0
// One permit, and it changes hands in every way there is.
#include "stage.hpp"

void program() {
  using namespace stage;
  Permits permits{1, "given-twice"};
  lab::Pool pool(2, 1);
  auto blocks = [&] { permits.run([&] { permits.block(pool, pass); }); };
  Job one(1, blocks), two(1, blocks);
  pool.submit(one);
  pool.submit(two);
  pool.shutdown();
  check(one.done() && two.done(), "left-behind");
}
