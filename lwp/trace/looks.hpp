// SPDX-License-Identifier: BSL-1.0
// Timed looks at LWPs that stand still with a fiber: so that a recording tells of every LWP which
// the kernel has put to sleep, whether or not a fiber waited for it, and under every mapping. (The
// sentinel looks only when somebody is harmed, and one-to-one has none.)
//
// An LWP that records events is awake: that costs a read of memory, and of its CPU clock. Only one
// that has recorded nothing since the look before is looked at in /proc. Its CPU clock then says
// when it fell asleep, and when it woke up: a thread that sleeps uses none. So a time is exact
// where the thread ran without a break before, or since; else it is wrong by the time between two
// looks.
//
// Cost: a look is some microseconds of the recorder's own thread, and being woken for it often
// more. It rests between passes for 100 times as long as one took of a CPU, which is how much of a
// busy program it costs at most; for 25 times where an LWP stands still.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "lwp/os.hpp"
#include "lwp/trace/format.hpp"

namespace weft::lwp::trace {

/// What an LWP looks like from outside at one moment.
struct Moment {
  int thread = 0;            ///< the kernel's number; 0: no LWP
  std::uint64_t events = 0;  ///< so many, the latest of them then:
  os::Nanos latest = 0;
  std::uint64_t fiber = 0;
  /// When its thread became an LWP, and what it had used of the CPU by then.
  os::Nanos opened = 0, opened_cpu = 0;
  bool carries = false;    ///< a fiber that, as far as events tell, has not stopped
  bool announced = false;  ///< in a call that the fiber announced
};

/// Whether the LWP's fiber still runs after this event of its own.
inline bool goes_on_after(Event e) {
  switch (e) {
    case Event::none:
    case Event::park:
    case Event::yield:
    case Event::done:
    case Event::bound:
    case Event::idle:
    case Event::busy:
    case Event::away:
      return false;
    default:
      return true;
  }
}

/// What one look has found out. How long ago it fell asleep, or woke up: -1 for neither.
struct Look {
  os::Nanos asleep_ago = -1, awake_ago = -1;
  const char* call = nullptr;
  int descriptor = -1;
  std::array<char, 96> path{};  ///< what the descriptor is, cut
};

/// Of one thread, which remembers what it saw.
class Looks {
 public:
  static constexpr os::Nanos kRest = os::kMillisecond;
  /// When the next pass is due, after one that ends `now` and took `cpu` of its thread's time;
  /// after `otherwise` if there was nothing to see.
  os::Nanos next(os::Nanos now, os::Nanos cpu, os::Nanos otherwise) const {
    if (!anything_) return now + otherwise;
    return now + std::max((stands_still_ ? 25 : 100) * cpu, kRest);
  }

  /// A pass begins, over so many LWPs.
  void begin(std::size_t count) {
    if (seen_.size() < count) seen_.resize(count);
    anything_ = stands_still_ = false;
  }
  /// Looks at the LWP with index `i`. `unmoved` tells whether it still is as in `m`.
  template <class Unmoved>
  Look at(std::size_t i, const Moment& m, Unmoved&& unmoved) {
    if (m.thread == 0) return {};
    Seen& seen = seen_[i];
    const bool another = seen.moment.thread != m.thread;
    const bool moved = another || seen.moment.events != m.events;
    if (another) seen.now = {m.opened, m.opened_cpu, false, true};
    seen.moment = m;
    if (moved) {
      anything_ = true;
      note_awake(seen);
      return {};
    }
    if (!m.carries) return {};
    anything_ = stands_still_ = true;
    if (m.announced && seen.asleep) return {};  // it will say itself when it is back
    const os::ThreadLook now = os::look_at_thread(m.thread);
    return unmoved() ? judged(seen, now) : Look{};
  }

 private:
  struct Used {  // by its thread, of the CPU, until when
    os::Nanos at = 0, cpu = 0;
    bool carries = false;
    bool opening = false;  // no look: how its thread began
  };
  struct Seen {
    Moment moment;
    Used before, now;  // the last events came between these
    bool asleep = false;
  };
  static void note_awake(Seen& seen);
  static Look judged(Seen& seen, const os::ThreadLook& now);
  static os::Nanos fell_asleep(const Seen& seen);

  std::vector<Seen> seen_;  // by index
  bool anything_ = false, stands_still_ = false;
};

}  // namespace weft::lwp::trace
