// SPDX-License-Identifier: BSL-1.0
// What a recording looks like in its file: chunks of kChunkBytes, in any order, from any number of
// processes of one machine. Each belongs to one ring, which is one kernel thread's: so its events
// are in order, and all that a viewer need do is sort.
//
//   chunk   Header, then events until a byte 0 or the end
//   event   kind (one byte), ticks since the event before (or since the chunk began), arguments
//   number  seven bits a byte, the lowest first, the top bit set if more come (LEB128)
//   text    its length, its bytes
//
// A chunk's header has the time at its begin and at its end by two clocks, CLOCK_MONOTONIC and the
// processor's own counter; in between time is linear. So an event costs no system clock, and
// processes need not agree about anything. A chunk that was never closed (its process was killed)
// takes the speed of the counter from `clock` events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weft::lwp::trace {

/// The fact of a recording whose clock counts steps of a simulation: one tick is one step.
inline constexpr std::string_view kClockOfSteps = "clock=steps";

inline constexpr std::uint32_t kMagic = 0x32544657;  // "WFT2"
/// The fact of a flight recorder's process: its LWPs' first chunks may be gone.
inline constexpr std::string_view kKeptLast = "kept=last";
inline constexpr std::size_t kChunkBytes = 16 * 1024;

struct Header {
  std::uint32_t magic = 0;  ///< kMagic; 0: the chunk is not used
  std::uint32_t process = 0;
  std::uint32_t ring = 0;    ///< of the process
  std::uint32_t thread = 0;  ///< the kernel's number
  std::uint32_t lwp = 0;     ///< its index in its runtime; 0: no LWP
  std::uint32_t runtime = 0;
  std::uint64_t sequence = 0;       ///< of the ring's chunks
  std::uint64_t dropped = 0;        ///< events of this ring that were lost before this chunk
  std::uint64_t dropped_after = 0;  ///< and after its last event, before the ring's next chunk
  std::uint64_t ticks[2] = {};
  std::int64_t nanos[2] = {};  ///< the second 0: not closed
};

/// What happens, and with which arguments. "Here" is the ring's LWP or thread.
enum class Event : std::uint8_t {
  none,
  // The fiber that runs here:
  create,   ///< fiber, name (text): has made it
  run,      ///< fiber: begins, or goes on
  park,     ///< reason (string), object: waits
  yield,    ///< lets others run, and is ready
  done,     ///< has ended
  bound,    ///< why: needs a permit to go on, and sits on this LWP's stack (lwp::Why)
  ready,    ///< fiber, why: has made it ready
  woken,    ///< fiber, why: made ready by no fiber: a timer, a descriptor, another thread
  notify,   ///< fiber: has told it before it waits, so that it will not
  acquire,  ///< kind (string), object
  release,  ///< kind (string), object
  send,     ///< kind (string), object
  receive,  ///< kind (string), object
  block,    ///< call (string): begins what may block the LWP in the kernel, and has said so
  unblock,  ///< ago: that ended so many ns ago
  begin,    ///< what (string), flow: a request or another span; one flow in all processes
  end,      ///< flow: the innermost of that flow
  note,     ///< text
  count,    ///< name (string), value
  // Here:
  idle,  ///< nothing is ready: it sleeps
  busy,  ///< it does not any more
  away,  ///< the thread is no LWP any more
  // Anywhere in the runtime:
  permit,   ///< from LWP, to LWP (0: it had none)
  noticed,  ///< LWP, fiber, call (string), descriptor + 1, ago: began so many ns ago; path (text)
  name,     ///< fiber, runtime, name (text): lives at this moment
  // Of the process:
  sched,    ///< thread, CPU time ns, time runnable but off the CPU ns: since its thread began
  clock,    ///< CLOCK_MONOTONIC in ns: now
  string,   ///< number, text
  runtime,  ///< number, text: one begins
  object,   ///< address, text: its name
  fact,     ///< "key=value" (text)
  // Of a thread that is an LWP, looked at from outside while it stood still:
  seen,   ///< thread, fiber, call (string), descriptor + 1, ago: sleeps in the kernel; path (text)
  awake,  ///< thread, fiber, ago: does not any more, and nobody else says so
  // Of the fiber created just before:
  origin,  ///< fiber, file (string), line: where the program says so
  // Of the process:
  born,  ///< parent (the kernel's number): is recorded from now on
  role,  ///< text: "server", "disk"
  gone,  ///< it ends
  // Anywhere, for a recording that forgets:
  waiting,  ///< fiber, runtime, reason (string), object: waits at this moment, and did before
  owns,     ///< likewise: has that object, for which another fiber waits for that reason
};
inline constexpr int kEvents = static_cast<int>(Event::owns) + 1;

}  // namespace weft::lwp::trace
