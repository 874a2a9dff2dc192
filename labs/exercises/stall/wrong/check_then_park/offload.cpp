// SPDX-License-Identifier: BSL-1.0
// expect: stall.lost-wake-up
// Looks whether the call is done, and only then says that it waits.
#include "stall.hpp"

namespace lab {

long run_blocking(const std::function<long()>& f) {
  long result = 0;
  atomic<bool> done = false;
  atomic<Handle> waiter = nullptr;
  Thread helper("helper", [&] {
    result = f();
    done = true;
    if (const Handle fiber = waiter) unpark(fiber);
  });
  while (!done) {
    waiter = self();
    park();
  }
  return result;
}

}  // namespace lab
