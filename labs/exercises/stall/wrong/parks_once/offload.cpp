// SPDX-License-Identifier: BSL-1.0
// expect: stall.wrong-result
// Takes the return of park() for the end of the call.
#include "stall.hpp"

namespace lab {

long run_blocking(const std::function<long()>& f) {
  const Handle caller = self();
  atomic<long> result = 0;
  Thread helper("helper", [&] {
    result = f();
    unpark(caller);
  });
  park();
  return result;
}

}  // namespace lab
