// SPDX-License-Identifier: BSL-1.0
// An LWP is woken, and there is nothing to do.
#include "stage.hpp"

void program() {
  using namespace stage;
  false_alarms = 2;
  lab::Pool pool(1, 1);
  settle();
  Job job;
  pool.submit(job);
  settle();
  check(job.done(), "believes-wake-ups");
  pool.shutdown();
}
