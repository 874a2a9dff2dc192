// SPDX-License-Identifier: BSL-1.0
#ifdef __x86_64__
#include <xmmintrin.h>

#include "lwp/arch.hpp"

namespace weft::lwp::arch {

void pause() {
  _mm_pause();
}

void prepare_floating_point() {
  constexpr unsigned kStickyFlags =
      0x3f;  // invalid, denormal, by zero, overflow, underflow, inexact
  _mm_setcsr(_mm_getcsr() | kStickyFlags);
}

}  // namespace weft::lwp::arch
#endif
