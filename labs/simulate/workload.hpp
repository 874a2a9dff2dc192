// SPDX-License-Identifier: BSL-1.0
// What `weft simulate` schedules: jobs on one CPU, in virtual time. A file says it a line a job:
//
//   # Silberschatz, "Operating System Concepts", 5.3.1
//   slice 4                            time slice where the policy has none of its own
//   switch 0.5                         what a context switch costs
//   P1  at 0  run 24
//   P2  at 0  run 3 wait 10 run 2      computes, waits for a device, computes
//   P3  at 2  run 3  priority 50  tickets 300  deadline 20
//   P4  at 0  run 25  every 50  times 3       three of them, each due before the next begins
//
// Times are in milliseconds, a deadline is counted from the arrival. `#` begins a comment.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "lwp/task.hpp"

namespace weft::labs::simulate {

using lwp::Nanos;
inline constexpr double kMs = 1e6;  ///< nanoseconds

struct Job {
  std::string name;
  Nanos arrives = 0;
  std::vector<Nanos> bursts;  ///< on the CPU, then away from it, then on the CPU …
  lwp::Wishes wishes;
  Nanos deadline = 0;  ///< after the arrival; 0: none
  Nanos period = 0;    ///< of a job that comes again; 0: once
  int times = 1;
};

struct Workload {
  std::vector<Job> jobs;
  Nanos slice = 0;  ///< 0: none
  Nanos switch_cost = 0;
};

/// Why a file is none: the line, and what is wrong with it.
struct BadLine {
  int line = 0;
  std::string word;  ///< "" if something is missing at its end
  std::string expected;
};

std::variant<Workload, BadLine> parse(const std::string& text);
/// As a file; parse() gives the same back.
std::string to_text(const Workload& workload);
/// Another of the same kind: every length and arrival drawn anew, whole milliseconds from half to
/// one and a half times as long. The same seed gives the same.
Workload variant(const Workload& workload, std::uint64_t seed);

}  // namespace weft::labs::simulate
