// SPDX-License-Identifier: BSL-1.0
// Recordings read back: the chunks of one or several files (lwp/trace/format.hpp) as one row of
// events in the order of time. Whatever the bytes are, reading them ends, and says what is wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "labs/commands.hpp"
#include "lwp/os.hpp"
#include "lwp/trace/format.hpp"

namespace weft::labs::trace {

using Kind = lwp::trace::Event;
using lwp::os::Nanos;

struct Event {
  Nanos at = 0;             ///< CLOCK_MONOTONIC, when it was recorded
  Nanos ago = 0;            ///< what it tells was so much earlier
  std::uint32_t place = 0;  ///< in Recording::places; of a look that of the thread looked at
  Kind kind = Kind::none;   ///< none: what the place did from here to its next event is lost
  std::uint64_t first = 0, second = 0, third = 0;  ///< its other numbers
  std::uint32_t text = 0;  ///< in Recording::texts; its own text, or that of its string argument
};

/// Where events happen: an LWP, or another kernel thread of a runtime (lwp 0).
struct Place {
  std::uint32_t process = 0, runtime = 0, lwp = 0, thread = 0;
};

struct Process {
  std::uint32_t number = 0;  ///< the kernel's
  std::string command;
  std::uint32_t parent = 0;  ///< that has started it; 0: unknown
  std::string role;          ///< "server"; "" if it has not said
  std::string outcome;       ///< of one that was explored: how it ended
  Nanos began = -1;          ///< as far as it is recorded
  Nanos ended = -1;          ///< -1: it did not say; it was killed, or goes on
  std::uint64_t events = 0, dropped = 0;
  double event_ns = 0;         ///< what recording one costs, measured as it began
  std::size_t processors = 0;  ///< it may run on, as it began; 0: unknown
  std::vector<std::pair<std::uint32_t, std::string>> runtimes;  ///< number, what it said of itself
};

struct Recording {
  std::vector<Event> events;
  std::vector<Place> places;
  std::vector<std::string> texts;  ///< [0] is empty
  std::vector<Process> processes;
  Nanos began = 0, ended = 0;  ///< a flight recorder's begins where its LWPs' oldest chunk does
  bool steps = false;          ///< its clock counts steps: one is 1
  std::uint64_t dropped = 0, damaged = 0;  ///< events; chunks that could not be read to their end

  const std::string& text(const Event& e) const { return texts[e.text]; }
};

/// Reads them all. A file that is no recording, or an empty one, is refused.
std::variant<Recording, Refusal> read(const std::vector<std::string>& files, const Say& say);
/// Of bytes in memory: the chunks of one file, which may be none.
Recording read(std::span<const std::byte> bytes);

/// As it was at a time. Who reads what is still being written reads one ring before another: from
/// then on only some of what happened is there.
void leave_out_after(Recording& r, Nanos time);
/// As if those processes had not been recorded.
void leave_out(Recording& r, const std::function<bool(const Process&)>& which);

}  // namespace weft::labs::trace
