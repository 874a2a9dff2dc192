// SPDX-License-Identifier: BSL-1.0
// expect: stall.keeps-the-lwp
// A helper makes the call, and the LWP waits in join() for the helper.
#include "stall.hpp"

namespace lab {

long run_blocking(const std::function<long()>& f) {
  long result = 0;
  Thread helper("helper", [&] { result = f(); });
  helper.join();
  return result;
}

}  // namespace lab
