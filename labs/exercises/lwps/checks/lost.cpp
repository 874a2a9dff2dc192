// SPDX-License-Identifier: BSL-1.0
// A task comes while the LWP is about to sleep.
#include "stage.hpp"

void program() {
  using namespace stage;
  Job job;
  lab::Pool pool(1, 1);
  lab::Thread submitter("submitter", [&] { pool.submit(job); });
  submitter.join();
  settle();
  check(job.done(), "lost-wake-up");
  pool.shutdown();
}
