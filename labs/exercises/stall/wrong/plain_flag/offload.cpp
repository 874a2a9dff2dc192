// SPDX-License-Identifier: BSL-1.0
// expect: stall.unordered
// The flag is a plain variable.
#include "stall.hpp"

namespace lab {

long run_blocking(const std::function<long()>& f) {
  const Handle caller = self();  // said before there is anybody who could want to wake us
  long result = 0;
  bool done = false;
  Thread helper("helper", [&] {
    result = f();
    done = true;  // first what we wait for, then the wake-up
    unpark(caller);
  });
  while (!done) park();
  return result;  // the helper is joined: it may still be in unpark()
}

}  // namespace lab
