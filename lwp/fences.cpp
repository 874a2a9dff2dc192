// SPDX-License-Identifier: BSL-1.0
#include "lwp/fences.hpp"

#include "lwp/dump.hpp"
#include "lwp/os.hpp"

namespace weft::lwp {

const bool kAsymmetric = os::has(os::Feature::membarrier);

void heavy_fence() {
  fence();
  if (kAsymmetric && !os::membarrier()) {
    broken("the kernel has refused membarrier, which it had at the start");
  }
}

}  // namespace weft::lwp
