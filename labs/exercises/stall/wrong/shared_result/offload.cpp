// SPDX-License-Identifier: BSL-1.0
// expect: stall.mixes-results
// One result for all calls.
#include "stall.hpp"

namespace lab {

namespace {
long result = 0;
}

long run_blocking(const std::function<long()>& f) {
  const Handle caller = self();
  atomic<bool> done = false;
  Thread helper("helper", [&] {
    result = f();
    done = true;
    unpark(caller);
  });
  while (!done) park();
  return result;
}

}  // namespace lab
