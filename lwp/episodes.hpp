// SPDX-License-Identifier: BSL-1.0
// What blocked, and who paid for it: every time an LWP sat in the kernel while it carried a task,
// whether the task had announced the call (fibers::blocking) or the sentinel noticed it.
//
// The collateral is the waiting of others: the time that ready tasks waited while this LWP slept
// with a permit that could have run them, summed over the tasks. If several LWPs sleep at once it
// is shared among them. With a sentinel it is sampled; without one (then only announced calls are
// known) it is the tasks ready at the beginning times the call's length, exact for many-to-one.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "lwp/lock.hpp"
#include "lwp/os.hpp"
#include "lwp/task.hpp"

namespace weft::lwp {

struct Episode {
  static constexpr std::size_t kVictims = 8;

  std::uint64_t task = 0;
  std::array<char, Task::kNameBytes> name{};
  int lwp = 0;
  const char* announced = nullptr;  ///< what blocking() was told; null: the sentinel noticed it
  const char* call = nullptr;       ///< the system call as the kernel shows it; null: not looked
  int descriptor = -1;              ///< its first argument, where that is a descriptor
  std::array<char, 96> path{};      ///< what the descriptor is, cut; empty if unknown
  os::Nanos began = 0;              ///< os::now(); of an unannounced call when it was first seen
  os::Nanos length = 0;             ///< until it left the kernel (unannounced: as measured by CPU)
  bool handed_off = false;          ///< another LWP had the permit meanwhile
  std::uint32_t ready_at_begin = 0;
  os::Nanos collateral = 0;                       ///< see above
  std::array<std::uint64_t, kVictims> victims{};  ///< tasks ready at the beginning; 0 ends
  os::Nanos unpermitted = 0;        ///< CPU used before the task asked for its permit back
  os::Nanos waited_for_permit = 0;  ///< as a bound task
};

/// What an LWP is in the middle of.
struct OpenEpisode {
  Lock lock;
  bool open = false;  // guarded by lock, as all below
  bool sampled = false;
  os::Nanos cpu_before = 0;
  Episode episode;
};

/// The episodes of one scheduler: one open in each Lwp, the closed ones in a ring. Thread-safe; its
/// lock is taken in user space and held for a few instructions; nothing is allocated but by list().
class Episodes {
 public:
  static constexpr std::size_t kKept = 256;

  struct Totals {
    std::uint64_t noticed = 0;      ///< seen by the sentinel so far, open ones too
    std::uint64_t count = 0;        ///< closed, since the beginning
    std::uint64_t unannounced = 0;  ///< of these, noticed by the sentinel
    std::uint64_t handed_off = 0;
    os::Nanos length = 0;
    os::Nanos collateral = 0;
    os::Nanos unpermitted = 0;
    os::Nanos waited_for_permit = 0;
  };

  /// An announced call begins; by the LWP itself. `ready`: tasks that could run now.
  void begin(OpenEpisode& slot, const Lwp& l, const Task& task, const char* what,
             std::size_t ready);
  /// It ends, by the LWP itself, which has left the kernel at `returned` and has its permit again.
  void end(OpenEpisode& slot, os::Nanos returned);
  /// The sentinel sees the LWP asleep in `look`, carrying `task`. True if the episode is new.
  bool notice(OpenEpisode& slot, const Lwp& l, const Task& task, const os::ThreadLook& look,
              std::size_t ready, const Scheduler& scheduler);
  /// Time that ready tasks waited because of it.
  void charge(OpenEpisode& slot, os::Nanos waiting);
  /// Its permit went to another LWP.
  void handed_off(OpenEpisode& slot);
  /// By the LWP: it has asked for its permit at `asked` and now has it (an announced call's episode
  /// goes on until end()). Returns when it had left the kernel, 0 if nothing ends here.
  os::Nanos came_back(OpenEpisode& slot, os::Nanos asked);

  /// The last kKept, oldest first. Allocates.
  std::vector<Episode> list() const;
  Totals totals() const;

 private:
  void close(OpenEpisode& slot);

  mutable Lock lock_;
  Totals totals_;                    // guarded by lock_
  std::array<Episode, kKept> ring_;  // guarded by lock_; totals_.count % kKept is next
};

}  // namespace weft::lwp
