// SPDX-License-Identifier: BSL-1.0
// A recording made by code instead of by a running process: of a simulated schedule, of an explored
// interleaving, of a test. The same chunks (lwp/trace/format.hpp), so that all views show it.
//
// Its clock starts at 0 and is the caller's: nanoseconds, or steps where it says so.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lwp/os.hpp"
#include "lwp/trace/format.hpp"

namespace weft::labs::trace {

class Writer {
 public:
  using Event = lwp::trace::Event;
  using Nanos = lwp::os::Nanos;

  /// Of one process, whose number is made up.
  explicit Writer(std::string_view command, std::uint32_t process = 1);

  /// A fact of the process: kClockOfSteps, "key=value". REQUIRES `at` 0 but of the last thing that
  /// is said of the process: its strings and runtimes are written at 0, too.
  void fact(std::string_view text, Nanos at = 0);
  /// A runtime begins, which says that of itself. Its number.
  std::uint32_t runtime(std::string_view about);
  /// An LWP of a runtime; 0: another thread. Its place, for write().
  std::size_t place(std::uint32_t runtime, std::uint32_t lwp);
  /// The number of a string, for an event's arguments.
  std::uint64_t string(std::string_view text);

  /// An event at a place, with its numbers in the format's order, then its text. REQUIRES that the
  /// times of one place do not fall.
  void write(std::size_t place, Nanos at, Event event,
             std::initializer_list<std::uint64_t> numbers = {});
  void write(std::size_t place, Nanos at, Event event, std::initializer_list<std::uint64_t> numbers,
             std::string_view text);
  void write(std::size_t place, Nanos at, Event event, std::span<const std::uint64_t> numbers,
             std::optional<std::string_view> text);

  /// The file.
  std::string bytes() const;

 private:
  struct Ring {
    lwp::trace::Header header;  ///< of the open chunk
    std::string events;         ///< in it
    Nanos last = 0;
    bool open = false;
  };
  void add(Ring& ring, Nanos at, const std::string& event);
  void close(Ring& ring);
  static std::string closed(const Ring& ring);

  const std::uint32_t process_;
  std::vector<Ring> rings_;  // the first is the process's own
  std::string chunks_;
  std::map<std::string, std::uint64_t, std::less<>> strings_;
  std::uint32_t runtimes_ = 0;
};

}  // namespace weft::labs::trace
