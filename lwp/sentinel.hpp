// SPDX-License-Identifier: BSL-1.0
// The sentinel notices an LWP that the kernel has put to sleep while it carries a task, though
// nobody announced the call: a C library's getaddrinfo, a page being read in, a plain nanosleep.
// It then hands the LWP's permit to a spare one, or only takes note of who must wait for it.
//
// An LWP is blocked if it has a permit, is outside core, its dispatch counter stands still and the
// kernel shows it asleep, in two looks kPatience apart: shorter sleeps are not worth two wake-ups.
//
// When to look is the art: a look costs microseconds, and on the LWP's own CPU two switches more.
//   - Nobody looks at an idle pool. An LWP that dispatches a task raises the level of attention:
//     to `net` (a look each millisecond; beside the eye each other one), or to `close` if it leaves
//     ready tasks behind.
//   - Where LWPs may take every CPU, the close watch is an *eye*, a thread that the kernel runs
//     only when a CPU would be idle (SCHED_IDLE): that is, just when an LWP falls asleep. It costs
//     nothing while LWPs compute. It only rings for the other thread, because whoever runs in that
//     class must hold no lock.
//   - Where a CPU is free, the close watch is a look each 100 µs from there.
// The net is below both, for a CPU that other programs keep busy, and for timers and events whose
// LWP sleeps.
//
// Where tasks are preempted, an LWP that computes on is seen by the same looks (preemption.cpp).
//
// Rejected: a signal each few milliseconds (it breaks calls that the kernel does not restart), and
// a timer on each dispatch (25 ns a switch).
#pragma once

#include <memory>
#include <vector>

#include "lwp/atomic.hpp"
#include "lwp/os.hpp"

namespace weft::lwp {

struct Lwp;
struct Permit;
class Pool;

class Sentinel {
 public:
  enum Level : int { kAsleep, kNet, kClose };
  static constexpr os::Nanos kPatience = 50 * os::kMicrosecond;
  static constexpr os::Nanos kCloseLook = 100 * os::kMicrosecond;
  static constexpr os::Nanos kNetLook = os::kMillisecond;
  static constexpr os::Nanos kUnsureLook = 100 * os::kMillisecond;
  static constexpr os::Nanos kNetBesideEye =
      2 * kNetLook;  // in a virtual machine a look takes 10 µs

  /// `hands_off`: takes permits; else it only takes note. `slice` > 0: also from tasks that compute
  /// for so long.
  Sentinel(Pool& pool, bool hands_off, os::Nanos slice);
  ~Sentinel();
  /// Starts and joins its threads; throws std::system_error when there is none.
  void start();
  void stop();

  /// By a thread that has just made that much attention necessary. Any thread, also in core.
  void raise(int level);

 private:
  struct Seen {
    os::ThreadWatch watch;
    const Permit* permit = nullptr;
    std::uint64_t dispatches = 0;
    os::Nanos same_since = 0;    // so many dispatches
    os::Nanos asleep_since = 0;  // 0: was awake at the last look
    os::Nanos charged_until = 0;
    os::ThreadLook look;
  };

  void watch();
  void watch_idle_cpu();
  bool look();
  void note_and_act(Lwp& l, Seen& seen, os::Nanos now, std::size_t blocked);
  bool note(Lwp& l, Seen& seen, os::Nanos now, std::size_t blocked);
  static bool is_asleep(Lwp& l, Seen& seen);
  bool sees_asleep(Lwp& l, Seen& seen, os::Nanos now);
  bool may_sleep() const;
  void end_slice(Lwp& l, const Seen& seen, os::Nanos now);
  void ring();

  Pool& pool_;
  const bool hands_off_;
  const os::Nanos slice_;
  bool eye_opened_ = false;
  std::vector<std::unique_ptr<Seen>> seen_;  // one an LWP slot
  atomic<std::uint32_t> net_{0};             // futexes
  atomic<std::uint32_t> eye_{0};
  atomic<bool> stopping_{false};
  os::Thread net_thread_;
  os::Thread eye_thread_;
};

}  // namespace weft::lwp
