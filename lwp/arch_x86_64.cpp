// SPDX-License-Identifier: BSL-1.0
#ifdef __x86_64__
#include <cpuid.h>
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

// "Invariant TSC": Intel's manual, volume 3, 18.17.1.
bool has_ticks() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d & (1u << 8)) != 0;
}

}  // namespace weft::lwp::arch
#endif
