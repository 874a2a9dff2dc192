// SPDX-License-Identifier: BSL-1.0
// expect: stall.lost-wake-up
// Wakes first, and says afterwards that it is done.
#include "stall.hpp"

namespace lab {

long run_blocking(const std::function<long()>& f) {
  const Handle caller = self();
  long result = 0;
  atomic<bool> done = false;
  Thread helper("helper", [&] {
    result = f();
    unpark(caller);
    done = true;
  });
  while (!done) park();
  return result;
}

}  // namespace lab
