// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace weft::lwp {

/// If WEFT_SCHEDTRACE is set to a number of milliseconds, 1 to 3600000, begins to print every so
/// often one line for each known scheduler to standard error, from a thread of its own, until the
/// process ends:
///   SCHED 2003ms: lwps=3 running=1 idle=1 blocked=1 permits=2 runqueue=4 [3 1] switches=48211
/// Time is since the trace began, `blocked` says asleep in the kernel with a task, [] the queue of
/// each permit where each has one, and switches are those since the line before. Of the calls that
/// follow the first, nothing comes. After the idea of Go's schedtrace.
void start_schedtrace();

}  // namespace weft::lwp
