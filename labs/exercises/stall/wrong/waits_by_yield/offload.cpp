// SPDX-License-Identifier: BSL-1.0
// expect: stall.spins
// Yields until the helper is done.
#include "stall.hpp"

namespace lab {

long run_blocking(const std::function<long()>& f) {
  long result = 0;
  atomic<bool> done = false;
  Thread helper("helper", [&] {
    result = f();
    done = true;
  });
  while (!done) weft::fibers::yield();
  return result;
}

}  // namespace lab
