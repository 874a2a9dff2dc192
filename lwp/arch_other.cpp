// SPDX-License-Identifier: BSL-1.0
#ifndef __x86_64__
#include "lwp/arch.hpp"
#include "lwp/atomic.hpp"
#include "lwp/opaque.hpp"
#include "lwp/sanitizer.hpp"

namespace weft::lwp::arch {

#ifndef __aarch64__
void pause() {
  compiler_fence();
}
std::uint64_t ticks() {
  return 0;
}
bool has_ticks() {
  return false;
}
#endif
void prepare_floating_point() {}
WEFT_OPAQUE WEFT_NO_TSAN Lwp* own_lwp() {
  return weft_own_lwp;
}

}  // namespace weft::lwp::arch
#endif
