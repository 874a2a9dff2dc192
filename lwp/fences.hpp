// SPDX-License-Identifier: BSL-1.0
// The two fences of a race between a side that comes by at every step and one that comes seldom:
//
//   often:   x = 1; light_fence(); read y        seldom:   y = 1; heavy_fence(); read x
//
// At least one of the two sees what the other has written, as with two full fences. But the light
// one costs nothing: it orders the compiler only, and the heavy one makes every CPU that runs a
// thread of this process pass a full fence (Dice, Huang and Yang, "Asymmetric Dekker
// Synchronization", 2001; here by the kernel's membarrier). Where the kernel has none both are
// full fences.
#pragma once

#include "lwp/atomic.hpp"

namespace weft::lwp {

/// Whether the kernel has membarrier. The same for the whole life of the process, from when its
/// static objects have been made: no LWP runs before.
extern const bool kAsymmetric;

inline void light_fence() {
  compiler_fence();
  if (!kAsymmetric) [[unlikely]]
    fence();
}
/// A system call, and an interrupt of every CPU that runs a thread of this process: microseconds.
void heavy_fence();

}  // namespace weft::lwp
