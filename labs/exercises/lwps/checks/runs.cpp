// SPDX-License-Identifier: BSL-1.0
// One LWP, and tasks that are there before it looks: the loop, and nothing else.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Pool pool(1, 1);
  Job other(3);
  // Yields until the other has had a step, as it will if it takes turns.
  Job polite(4, [&] { check(polite.ran() < 3 || other.ran() > 0, "again-first"); });
  pool.submit(polite);
  pool.submit(other);
  pool.shutdown();
  weft::figure("missing", !polite.done() + !other.done());
  check(polite.done() && other.done(), "left-behind");
}
