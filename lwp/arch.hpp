// SPDX-License-Identifier: BSL-1.0
// The few things that differ between processors; arch_x86_64.cpp and arch_other.cpp implement them.
#pragma once

namespace weft::lwp::arch {

/// Tells the core that this is a spin loop.
void pause();

/// Prepares the calling kernel thread's floating-point state for cheap context switches. On x86-64
/// a switch between contexts whose sticky exception flags differ takes ten times as long; one
/// inexact division sets such a flag, so all are set before any context is made.
void prepare_floating_point();

}  // namespace weft::lwp::arch
