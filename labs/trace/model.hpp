// SPDX-License-Identifier: BSL-1.0
// What a recording means: for every LWP and every fiber what it did at each moment, in slices
// without gaps, and from these who waited for whom. Times are Recording's.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "labs/trace/recording.hpp"

namespace weft::labs::trace {

enum class State : std::uint8_t {
  none,         ///< an LWP between two fibers; a fiber of which nothing is known
  running,      ///< a fiber on an LWP
  ready,        ///< could run, and has no LWP, or an LWP without a permit
  waits,        ///< for an object of weft: a mutex, a channel, another fiber
  io,           ///< for a descriptor, parked: its LWP is free
  asleep,       ///< until a time
  blocked,      ///< in the kernel, and its LWP with it
  idle,         ///< an LWP that has nothing to run
  unpermitted,  ///< an LWP without a permit: a spare one, or one that was in the kernel too long
};
inline constexpr int kStates = static_cast<int>(State::unpermitted) + 1;

/// How it is known that an LWP was blocked.
enum class Known : std::uint8_t {
  no,
  announced,  ///< the fiber said so before: blocking()
  sentinel,   ///< somebody had to wait for it (lwp/sentinel.hpp)
  look,       ///< the recorder looked (lwp/trace/looks.hpp)
};
inline constexpr int kKnown = static_cast<int>(Known::look) + 1;

inline constexpr std::uint32_t kNobody = ~0u;

struct Slice {
  Nanos begin = 0, end = 0;
  State state = State::none;
  Known known = Known::no;         ///< of a blocked one
  std::uint32_t who = kNobody;     ///< an LWP's: the fiber on it; a fiber's: the LWP under it
  std::uint32_t what = 0;          ///< in Recording::texts: the call, or the reason
  std::uint32_t object = kNobody;  ///< that a fiber waits for, in Model::objects
  std::uint32_t owner = kNobody;   ///< the fiber that held it when the waiting began
  std::uint32_t waker = kNobody;   ///< the fiber that ended the waiting
  Nanos length() const { return end - begin; }
};

struct Lane {
  std::string name;           ///< of a fiber; empty for an LWP
  bool has_namesake = false;  ///< another fiber of its runtime has that name
  std::uint64_t number = 0;
  std::uint32_t runtime = 0;       ///< in Model::runtimes
  std::uint32_t parent = kNobody;  ///< the fiber that created it
  std::string origin;              ///< and where the program says so: "server.cpp:42"
  std::vector<Slice> slices;       ///< in order, each begins where the last ended
};

struct Runtime {
  std::uint32_t process = 0;  ///< in Recording::processes
  std::uint32_t number = 0;   ///< in its process
  std::string about;          ///< "many-to-one, 1 LWP, policy fifo"
  bool shares_lwps = true;    ///< not one-to-one: what blocks an LWP holds up others
};

/// From then on a fiber holds an object, or nobody does.
struct Holding {
  Nanos at = 0;
  std::uint32_t owner = kNobody;
};

/// What fibers wait for.
struct Object {
  std::uint32_t process = 0;
  std::string kind, name;  ///< "mutex"; the name may be empty
  std::uint64_t address = 0;
  std::uint64_t uses = 0;  ///< acquired, released, sent to, received from
  std::uint64_t waits = 0;
  Nanos waited = 0, longest = 0;
  Nanos longest_at = 0;
  std::uint64_t held_while_blocked = 0;  ///< blocking calls of its owner
  std::vector<Holding> held;             ///< in order; the last is who holds it at the end
  std::uint32_t owner() const { return held.empty() ? kNobody : held.back().owner; }
};

/// A time in the kernel of an LWP that carried a fiber.
struct Call {
  std::uint32_t lwp = 0, fiber = 0;  ///< in Model::lwps, Model::fibers
  Nanos begin = 0, end = 0;
  std::uint32_t what = 0;  ///< in Recording::texts
  std::int64_t descriptor = -1;
  std::uint32_t seen = 0;  ///< likewise, of an announced one: what a look saw
  Known known = Known::announced;
  bool handed_off = false;  ///< others went on with its permit,
  Nanos kept_until = 0;     ///< from then on
  /// Time that ready fibers waited while a processor stood free, shared among LWPs blocked with it.
  Nanos collateral = 0;
  Nanos length() const { return end - begin; }
};

/// A part of a fiber's work that the program named: a request.
struct Span {
  std::uint32_t fiber = 0, what = 0;
  Nanos begin = 0, end = 0;
  std::uint64_t flow = 0;
  bool open = false;  ///< its end is not recorded: it lasts at least so long
};

struct Note {
  Nanos at = 0;
  std::uint32_t fiber = kNobody, text = 0;
};

struct Point {
  Nanos at = 0;
  double value = 0;
};
struct Series {
  std::string name;
  std::uint32_t process = 0;
  std::vector<Point> points;  ///< holds until the next
};

/// An LWP could have run and had no processor, for `waited` of this time.
struct OffProcessor {
  std::uint32_t lwp = 0;
  Nanos begin = 0, end = 0, waited = 0, ran = 0;
};

struct Model {
  Recording recording;
  std::vector<Runtime> runtimes;
  std::vector<Lane> lwps, fibers;  ///< by runtime, then by number
  std::vector<Object> objects;
  std::vector<Call> calls;
  std::vector<Span> spans;
  std::vector<Note> notes;
  std::vector<Series> series;  ///< what programs counted
  std::vector<OffProcessor> off;

  const std::string& text(std::uint32_t number) const { return recording.texts[number]; }
  Nanos length() const { return recording.ended - recording.began; }
};

Model model_of(Recording recording);

}  // namespace weft::labs::trace
