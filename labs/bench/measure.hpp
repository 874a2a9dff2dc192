// SPDX-License-Identifier: BSL-1.0
// Runs the rows of a plan in turns, each confined to as many CPUs as it has LWPs.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "labs/bench/plan.hpp"

namespace weft::labs::bench {

struct Result {
  Row row{};
  long operations = 0;            ///< in each run
  std::vector<double> figures{};  ///< of the runs, ascending
  lwp::os::Nanos took = 0;        ///< all of them
  std::string doubt{};            ///< why they are no measurement; empty if they are
  std::string failed{};           ///< why there is none: the machine gave no thread, no memory

  double median() const;
  double least() const { return figures.front(); }
  double most() const { return figures.back(); }
};

using Results = std::vector<Result>;

/// The result of that row, if it was measured.
const Result* find(const Results& results, std::string_view id);
/// What the row's target allows, in the row's unit; nothing without a target or its base, or
/// where one of them is in doubt.
std::optional<double> limit_of(const Results& results, const Result& result);
/// Whether the target is met; nothing where there is none.
std::optional<bool> met(const Results& results, const Result& result);

/// Calls `progress` with the round (0 while each row finds how much work it needs) and the row.
Results measure(const Plan& plan, const std::function<void(int round, const Row&)>& progress);

}  // namespace weft::labs::bench
