// SPDX-License-Identifier: BSL-1.0
// For calls that no poll can announce. As it stands `f` runs on the LWP, and while it waits nobody
// else runs. Let a Thread call it, and the fiber wait for that.
#include "stall.hpp"

namespace lab {

long run_blocking(const std::function<long()>& f) {
  return f();  // TODO
}

}  // namespace lab
