// SPDX-License-Identifier: BSL-1.0
// Two LWPs and nothing to do, for 100 ms.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Pool pool(2, 2);
  settle();
  check(ended == 0, "ends-too-early");
  const auto before = weft::lwp::sim::steps();
  sleep_ms(100);
  const auto steps = weft::lwp::sim::steps() - before;
  weft::figure("steps", static_cast<double>(steps));
  check(steps < 20, "polls");
  pool.shutdown();
}
