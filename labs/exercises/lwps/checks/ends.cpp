// SPDX-License-Identifier: BSL-1.0
// The pool is shut down while its LWP begins, runs, or is about to sleep.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Pool pool(1, 1);
  Job job;
  pool.submit(job);
  pool.shutdown();
  check(job.done(), "left-behind");
}
