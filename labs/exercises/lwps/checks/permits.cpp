// SPDX-License-Identifier: BSL-1.0
// Two LWPs, two tasks, and one permit.
#include "stage.hpp"

void program() {
  using namespace stage;
  Permits permits{1, "too-many-run"};
  lab::Pool pool(2, 1);
  Job one(2, [&] { permits.run(pass); }), two(1, [&] { permits.run(pass); });
  pool.submit(one);
  pool.submit(two);
  settle();
  check(one.done() && two.done(), "permit-idle");
  pool.shutdown();
}
