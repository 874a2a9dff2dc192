// SPDX-License-Identifier: BSL-1.0
#ifndef __x86_64__
#include "lwp/arch.hpp"
#include "lwp/atomic.hpp"

namespace weft::lwp::arch {

void pause() {
  compiler_fence();
}
void prepare_floating_point() {}

}  // namespace weft::lwp::arch
#endif
