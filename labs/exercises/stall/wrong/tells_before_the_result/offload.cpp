// SPDX-License-Identifier: BSL-1.0
// expect: stall.unordered
// It says that it is done, and only then leaves the result.
#include "stall.hpp"

namespace lab {

long run_blocking(const std::function<long()>& f) {
  const Handle caller = self();
  long result = 0;
  atomic<bool> done = false;
  Thread helper("helper", [&] {
    const long found = f();
    done = true;
    result = found;
    unpark(caller);
  });
  while (!done) park();
  return result;
}

}  // namespace lab
