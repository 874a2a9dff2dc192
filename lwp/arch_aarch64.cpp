// SPDX-License-Identifier: BSL-1.0
#ifdef __aarch64__
#include "lwp/arch.hpp"

namespace weft::lwp::arch {

// The `yield` instruction does nothing on most cores; this takes about as long as x86's pause.
void pause() {
  asm volatile("isb" ::: "memory");
}

std::uint64_t ticks() {
  std::uint64_t now;
  asm volatile("mrs %0, cntvct_el0" : "=r"(now));
  return now;
}
bool has_ticks() {
  return true;
}

}  // namespace weft::lwp::arch
#endif
