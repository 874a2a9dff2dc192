// SPDX-License-Identifier: BSL-1.0
#include "lwp/arch.hpp"

#include "lwp/sim/point.hpp"

namespace weft::lwp::arch {

// A spin loop: others go first, or it would spin for ever.
void pause() {
  sim::spin();
}
void prepare_floating_point() {}
Lwp* own_lwp() {
  return weft_own_lwp;
}

std::uint64_t ticks() {
  return 0;
}
bool has_ticks() {
  return false;
}

}  // namespace weft::lwp::arch
