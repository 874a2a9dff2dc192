// SPDX-License-Identifier: BSL-1.0
// Included by arch.hpp.
#pragma once

namespace weft::lwp::arch {

// Volatile, so a read is never taken from an earlier one: between the two this code may have gone
// on in another thread. The linker turns the first instruction into a constant where it can.
[[gnu::always_inline]] inline Lwp* own_lwp() {
  Lwp* lwp;
  asm volatile(
      "movq weft_own_lwp@gottpoff(%%rip), %0\n\t"
      "movq %%fs:(%0), %0"
      : "=r"(lwp));
  return lwp;
}

inline std::uint64_t ticks() {
  return __builtin_ia32_rdtsc();
}

}  // namespace weft::lwp::arch
