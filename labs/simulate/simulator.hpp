// SPDX-License-Identifier: BSL-1.0
// A discrete-event simulation of one CPU under a policy of weft: the very object that the runtime
// would ask, by the same calls and with the same accounts (lwp/run_queue.hpp), in virtual time.
//
// What happens at the same moment: arrivals and returning jobs first, in the order of the file,
// then the end of a burst, then the end of a slice. Who used up its slice while nobody else is
// ready begins another.
#pragma once

#include <vector>

#include "labs/simulate/workload.hpp"
#include "lwp/policy.hpp"

namespace weft::labs::simulate {

/// Where a job was, from `begin` to `end`.
struct Segment {
  enum class State { ready, runs, waits } state;
  std::size_t job;  ///< into Workload::jobs
  Nanos begin, end;
  int time = 1;  ///< of Job::times
};

/// What became of one job, or of one time of a job that comes again.
struct Outcome {
  std::size_t job;
  int time = 1;  ///< of Job::times
  Nanos arrived, first_ran, ended;
  Nanos ran = 0, waited = 0;  ///< on the CPU; for a device
  Nanos due = 0;              ///< 0: no deadline

  Nanos response() const { return first_ran - arrived; }
  Nanos turnaround() const { return ended - arrived; }
  /// Ready, but not running.
  Nanos waiting() const { return turnaround() - ran - waited; }
  bool missed() const { return due > 0 && ended > due; }
  /// How many times as long as alone on the CPU.
  double slowdown() const {
    return static_cast<double>(turnaround()) / static_cast<double>(ran + waited);
  }
};

struct Simulation {
  std::vector<Segment> segments;
  std::vector<Outcome> outcomes;  ///< by job, then by time
  Nanos end = 0, busy = 0;        ///< busy: with jobs, without switches
  int switches = 0;               ///< from one job to another

  double mean_waiting() const;  ///< ms, as the others
  double mean_turnaround() const;
  double mean_response() const;
  int missed() const;
  /// Jain's index of the slowdowns: 1 if all are slowed down alike, 1/n if one bears it all (Jain,
  /// Chiu and Hawe, "A Quantitative Measure of Fairness", 1984).
  double fairness() const;
};

/// REQUIRES that no ManualClock exists. `seed`: of policies that draw lots.
Simulation simulate(const Workload& workload, const lwp::PolicyType& policy, std::uint64_t seed);

}  // namespace weft::labs::simulate
