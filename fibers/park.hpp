// SPDX-License-Identifier: BSL-1.0
// The door to scheduling that every primitive here is built on, for those who build their own.
//
//   Handle waiter = self();          // said to whoever will wake us
//   while (!done) park();            // in a loop: it may return early
//   ...
//   done = true;
//   unpark(waiter);
//
// One unpark that comes before its park is remembered, several are one: the park then returns at
// once. So who first says that it waits, then looks once more and then parks, loses no wake-up.
#pragma once

#include "fibers/fiber.hpp"

namespace weft::fibers {

/// A fiber, to unpark. Valid as long as it lives.
using Handle = lwp::Task*;

/// The calling fiber. Only in a fiber.
Handle self();
/// Lets others run until unpark(self()). `why` is shown in dumps: a string that lives on.
void park(const char* why = "unpark");
/// Makes a parked fiber ready, or remembers it for the fiber's next park. From fibers and, while
/// they are attached, from plain kernel threads.
void unpark(Handle fiber);

}  // namespace weft::fibers
