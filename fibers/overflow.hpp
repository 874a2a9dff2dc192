// SPDX-License-Identifier: BSL-1.0
// An overflow of a fiber's stack meets the guard page below it. A bare SIGSEGV would not say that:
// so the fault is explained (which fiber, how big its stack, in which function, what to do), and
// then ends the process as it would have. It shows in a core or a debugger where it happened.
//
// The kernel meets the guard, too, when a call is to fill a buffer that reaches into it; it does
// not fault but fails the call with EFAULT. The calls of lwp/os.hpp explain that alike.
#pragma once

#include <cstddef>

namespace weft::fibers {

/// What may be used of a stack, without its guard.
struct StackBounds {
  const char* bottom = nullptr;
  std::size_t bytes = 0;  ///< 0: not known
};

/// Explains overflows of this process from now on. SIGSEGVs that are none go to whoever handled
/// them before; whoever installs a handler later must pass them on to this one.
void explain_overflows();

}  // namespace weft::fibers
