// SPDX-License-Identifier: BSL-1.0
// The few things that differ between processors; arch_x86_64.* and arch_other.cpp implement them.
#pragma once

#include <cstdint>

namespace weft::lwp {
struct Lwp;
}

/// The calling thread's LWP, null if it has none. Has a name for the assembler.
extern "C" thread_local constinit weft::lwp::Lwp* weft_own_lwp;

namespace weft::lwp::arch {

/// Reads weft_own_lwp. A compiler remembers the address of a thread-local, and after a switch that
/// is another thread's: so this is assembly where we have it, and out of line elsewhere.
Lwp* own_lwp();

/// In the simulated world loops that wait a little are short: time does not pass in them.
#ifdef WEFT_SIM
inline constexpr bool kSimulated = true;
#else
inline constexpr bool kSimulated = false;
#endif

/// Tells the core that this is a spin loop.
void pause();

/// The processor's own counter of time, of one speed and the same on all its cores; asked for only
/// where has_ticks() says that there is one.
std::uint64_t ticks();
bool has_ticks();

/// Prepares the calling kernel thread's floating-point state for cheap context switches. On x86-64
/// a switch between contexts whose sticky exception flags differ takes ten times as long; one
/// inexact division sets such a flag, so all are set before any context is made.
void prepare_floating_point();

}  // namespace weft::lwp::arch

#if defined(__x86_64__) && !defined(WEFT_SIM)
#include "lwp/arch_x86_64.hpp"
#endif
