// SPDX-License-Identifier: BSL-1.0
// Runs of one server or several, so that what they say can be believed: each round visits all of
// them in an order of its own, drawn from the seed, so that a machine that slows down or warms up
// does so for all. A round's requests are the same for each. A run whose generator was late is no
// measurement: it is shown, not counted, and measured again, a bounded number of times.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "labs/load/metrics.hpp"
#include "labs/load/options.hpp"
#include "labs/load/statistics.hpp"

namespace weft::labs::load {

/// One run.
struct Trial {
  std::size_t variant = 0;
  int round = 0;
  Outcome out;
  std::optional<double> server_cpu;  ///< processors it kept busy; nothing: not to be seen from here
};

struct Experiment {
  std::vector<Trial> trials;  ///< in the order in which they were run
  bool interrupted = false;
  std::optional<std::size_t> unreachable;  ///< the variant that could not be reached
};

/// What the runs of one variant say.
struct Result {
  std::vector<const Trial*> runs;  ///< valid ones, or all if none was
  std::size_t not_valid = 0;
  Outcome all;                       ///< of `runs` together
  std::optional<double> server_cpu;  ///< on average

  bool valid() const { return !runs.empty() && runs.front()->out.valid(); }
  Estimate of(const Measure& m) const;
  /// Every one of the runs has enough samples for this percentile.
  bool resolves(double percent) const;
};

/// What is being done, for the one line of progress: `share` of it is over.
using Watch = std::function<void(const std::string& what, double share)>;

/// One run of a variant as `plan` says, but for its server and requests.
Trial run_once(const Job& job, std::size_t variant, int round, const Plan& plan,
               const std::function<void(lwp::os::Nanos)>& progress);

Experiment perform(const Job& job, const Watch& watch);
std::vector<Result> results(const Job& job, const Experiment& experiment);

/// Relative to `a`, run by run, of the rounds in which both were valid: b's change in percent.
struct Change {
  double percent = 0, low = 0, high = 0;
  bool shown() const { return low > 0 || high < 0; }
};
/// Nothing of fewer than two such rounds.
std::optional<Change> change(const Result& a, const Result& b, const Measure& m);

}  // namespace weft::labs::load
