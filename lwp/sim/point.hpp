// SPDX-License-Identifier: BSL-1.0
// What the simulated atomics and the simulated kernel tell the world (world.cpp). Outside of a run
// all of it does nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <source_location>
#include <string_view>

/// For functions whose accesses to memory are not the program's, where it is compiled to tell of
/// its own (plain.cpp).
#define WEFT_UNWATCHED __attribute__((no_sanitize("thread")))

namespace weft::lwp {
class Task;
}

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

/// As wait_until(), in a call of the program's own that keeps its kernel thread: `call` is its
/// name.
void wait_in_kernel(const std::function<bool()>& ready, Nanos deadline, const char* call);
/// Whether the address lies in the program that is explored (Limits::module), and a world runs.
bool by_program(const void* address);

/// What a kernel or a runtime may do although nobody expects it (a short read, an interrupted call,
/// a wake-up without a reason): whether it happens here. Only where faults are asked for; then it
/// is a choice like a preemption.
bool fault(const char* what);
/// A value below `n` (1 to 1000), each of which is tried: a choice without a cost.
int choose(int n);

Nanos now();
/// Something outside of the threads has a deadline: an alarm. kNever: no more.
void alarm_at(const void* alarm, Nanos deadline);

int start_thread(std::string_view name, std::function<void()> body);
bool has_ended(int thread);
void joined(int thread);  ///< what it did comes before what follows
int current_thread();
std::uint64_t steps();  ///< of all runs
bool running();         ///< a world runs, and this is one of its threads
// ---- for data races (races.hpp) and the story
// ----------------------------------------------------

/// The current thread goes on as another actor, a fiber; new_actor() makes one.
int new_actor();
void act_as(int actor);
int current_actor();
/// While the sum of `change` is above 0, what the actor does orders nothing.
void hide(int change);
void acquire(const void* object);
void release(const void* object);
/// Of a plain variable that is watched: a point, and perhaps the end of the run.
/// As those two, of an atomic operation: nothing while hidden.
void order(const void* object, bool acquires, bool releases);
void access(const void* object, Access access, const std::source_location& place);
void forget(const void* object);

// ---- of code that was compiled to tell what memory it touches (plain.cpp)
/// An access to plain memory, by the instruction before `by`: no point, but perhaps the end of the
/// run. Nothing where that is not watched (Limits::plain).
void touch(const void* at, std::size_t bytes, Access access, const void* by);
/// A point of an atomic that is not weft's.
void point(const void* object, Access access, const char* operation, const void* by);
/// The current actor is in a function that was called before `by`; and out of it.
void enter(const void* by);
void leave();
/// That memory is somebody else's from here on.
void forget(const void* begin, std::size_t bytes);
/// A word for the story on what the current actor does: "waits for", "wakes".
void note(const char* what, const void* object = nullptr, std::string_view name = {});
void note(const char* what, const Task& task);
bool is_told();  ///< a story is kept

/// Before a run: a run that did not pass has left its sleepers where they were (kernel.cpp).
void forget_sleepers();
/// What kind of failure it is.
enum class Kind : std::uint8_t {
  property,   ///< weft::check, or a promise of weft's that does not hold
  race,       ///< of a var
  exception,  ///< nobody caught it
  crash,      ///< a signal
  exits,      ///< it ends its process
  computes,   ///< without end, and calls nobody
  kernel,     ///< waits where weft does not see it
  stranger,   ///< a thread of its own calls weft
  unsteady,   ///< it failed, but does not fail again
  leak,       ///< memory that the program took and never gave back
};
/// Ends the run: this property of the program does not hold.
[[noreturn]] void broken(const char* property);
/// Ends the run: the program has failed.
[[noreturn]] void fail(std::string_view what, Kind kind = Kind::property);
/// The program's own block of memory, taken by the code at `by`; whether that counts, and later.
void took(const void* block, std::size_t bytes, const void* by);
void gave_back(const void* block);
/// Ends the run if the program has not given back what it took.
void check_leaks();
/// A number of the program's own, for who asked for the run.
void figure(const char* name, double value);
/// Likewise: nobody can ever go on.
[[noreturn]] void deadlock(std::string_view what);

}  // namespace weft::lwp::sim
