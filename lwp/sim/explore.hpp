// SPDX-License-Identifier: BSL-1.0
// Looks for an interleaving in which a program fails.
//
//   depth first   every schedule with at most so many preemptions (Musuvathi and Qadeer, "Iterative
//                 Context Bounding for Systematic Testing of Multithreaded Programs", 2007), fewest
//                 first; so what is found needs no fewer
//   pct           schedules by random priorities that change at `depth` - 1 random steps: a bug of
//                 that depth is found in a run with probability 1/(threads · steps^(depth-1)) at
//                 least (Burckhardt, Kothari, Musuvathi and Nagarakatte, "A Randomized Scheduler
//                 with Probabilistic Guarantees of Finding Bugs", 2010)
//
// A switch is a preemption if the thread could have gone on. Who yields is left for the one that
// has waited longest; any other choice there counts as a preemption, too, or loops that yield would
// have schedules without end.
#pragma once

#include <optional>

#include "lwp/sim/world.hpp"

namespace weft::lwp::sim {

/// A schedule: where it departs from the one without a reason. Replays exactly, as the same program
/// makes the same choices.
struct Departure {
  std::uint64_t step;
  std::size_t taken;  ///< index into the threads of the choice there
};
using Schedule = std::vector<Departure>;

std::string token(const Schedule& schedule);  ///< "12:1,40:2"; "0" for none
std::optional<Schedule> schedule_of(std::string_view token);

struct Search {
  enum class Strategy { depth_first, pct } strategy = Strategy::depth_first;
  int preemptions = 2;             ///< depth first: at most
  int depth = 3;                   ///< pct: the bug's
  std::uint64_t runs = 1'000'000;  ///< at most
  std::uint64_t seed = 1;
  Nanos time = 60'000'000'000;  ///< real time, at most
  Limits limits = {};
};

struct Result {
  std::uint64_t runs = 0;
  bool exhaustive = false;  ///< every schedule within the bound was tried
  std::uint64_t most_steps = 0;
  std::optional<Run> failure;  ///< of the shortest schedule found, with its story
  Schedule schedule;
  double bound = 0;  ///< pct: the least probability with which a run finds a bug of that depth
};

/// Searches in a process of its own, and runs what failed again in others: a run that fails leaves
/// everything where it stands. Throws std::runtime_error if the program ends its process.
/// REQUIRES that no other thread exists.
Result explore(const std::function<void()>& program, const Search& search);

struct Replay {
  Run run;
  /// The first departure that could not be followed: the program is not the one it was found in.
  std::optional<std::uint64_t> diverged_at;
};
Replay replay(const std::function<void()>& program, const Schedule& schedule, const Limits& limits);

}  // namespace weft::lwp::sim
