// SPDX-License-Identifier: BSL-1.0
#include "lwp/fences.hpp"

#include "lwp/os.hpp"

namespace weft::lwp {

const bool kAsymmetric = os::has(os::Feature::membarrier);

void heavy_fence() {
  fence();
  if (kAsymmetric) os::membarrier();
}

}  // namespace weft::lwp
