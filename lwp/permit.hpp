// SPDX-License-Identifier: BSL-1.0
// A run permit: the right to run tasks (lwp/pool.hpp says who has it when). What an LWP needs at
// each turn lies here and not in the LWP, because it goes where the right goes; and what is counted
// at each turn is counted here, by the holder alone, so that LWPs side by side share no counter.
#pragma once

#include "lwp/run_queue.hpp"

namespace weft::lwp {

/// Blocks of tasks that have ended, to be used again (fibers/recycler.hpp).
struct Magazine {
  void* first = nullptr;
  void* full = nullptr;  ///< one more magazine, untouched
  int count = 0;         ///< of the blocks from `first` on, at most
};

struct alignas(64) Permit {
  RunQueue* queue = nullptr;
  std::uint64_t look_at = 0;  ///< at so many dispatches timers and events are looked at
  // Written by its holder, read by anybody:
  atomic<std::uint64_t> dispatches{0};  ///< tasks run under this permit
  atomic<std::uint64_t> born{0};        ///< tasks made by those tasks
  atomic<std::uint64_t> died{0};        ///< tasks that ended
  Turn turn;
  Magazine recycled;
  // Of stealing.cpp:
  std::size_t suspect = 0;               ///< the permit that perhaps stands still…
  std::uint64_t suspect_dispatches = 0;  ///< …its dispatches when we looked last…
  Nanos suspect_since = 0;               ///< …and when they were seen again; 0: they were not
  alignas(64) std::uint64_t seen_by_searcher =
      0;                 ///< its dispatches, written by who is in search()…
  int still = 0;         ///< …in how many looks they have been the same…
  int always_ready = 0;  ///< …and in how many something was ready; < 0: not in all
};

}  // namespace weft::lwp
