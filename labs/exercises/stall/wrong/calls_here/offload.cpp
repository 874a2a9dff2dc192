// SPDX-License-Identifier: BSL-1.0
// expect: stall.on-the-lwp
// Lets the others run once, and then makes the call itself.
#include "stall.hpp"

namespace lab {

long run_blocking(const std::function<long()>& f) {
  weft::fibers::yield();
  return f();
}

}  // namespace lab
