// SPDX-License-Identifier: BSL-1.0
// What the simulated atomics and the simulated kernel tell the world (world.cpp). Outside of a run
// all of it does nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <source_location>
#include <string_view>

namespace weft::lwp::sim {

using Nanos = std::int64_t;

enum class Access : std::uint8_t { read, write };

/// The current thread is about to do `operation` to `object`: others may go first.
void point(const void* object, Access access, const char* operation,
           const std::source_location& place);
/// The current thread has nothing to do but wait for others: they go first, if they can.
void spin();
/// Waits until `ready` says so, or until `deadline`. True if it says so.
bool wait_until(const std::function<bool()>& ready, Nanos deadline, const char* operation,
                const void* object);

Nanos now();
/// Something outside of the threads has a deadline: an alarm. kNever: no more.
void alarm_at(const void* alarm, Nanos deadline);

int start_thread(std::string_view name, std::function<void()> body);
bool has_ended(int thread);
int current_thread();
bool running();  ///< a world runs, and this is one of its threads
/// Before a run: a run that did not pass has left its sleepers where they were (kernel.cpp).
void forget_sleepers();
/// Ends the run: the program has failed.
[[noreturn]] void fail(const char* what);
/// Likewise: nobody can ever go on.
[[noreturn]] void deadlock(const char* what);

}  // namespace weft::lwp::sim
