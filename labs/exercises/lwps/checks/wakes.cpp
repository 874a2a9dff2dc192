// SPDX-License-Identifier: BSL-1.0
// Two LWPs sleep, and a task comes.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Pool pool(2, 2);
  settle();
  Job job;
  woken = 0;
  pool.submit(job);
  settle();
  weft::figure("woken", woken);
  check(job.done() || woken > 0, "wakes-nobody");
  check(job.done(), "wakes-too-early");
  check(woken <= 1, "wakes-everybody");
  pool.shutdown();
}
