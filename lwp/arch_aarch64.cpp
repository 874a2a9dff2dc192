// SPDX-License-Identifier: BSL-1.0
#ifdef __aarch64__
#include "lwp/arch.hpp"

namespace weft::lwp::arch {

// The `yield` instruction does nothing on most cores; this takes about as long as x86's pause.
void pause() {
  asm volatile("isb" ::: "memory");
}

}  // namespace weft::lwp::arch
#endif
