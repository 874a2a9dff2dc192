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

}  // namespace weft::lwp::arch
