// SPDX-License-Identifier: BSL-1.0
#include "labs/load/sweep.hpp"

#include <algorithm>

namespace weft::labs::load {
namespace {

using lwp::os::Nanos;

constexpr int kSteps = 12;  // of a tenth each
constexpr int kClients = 64;

}  // namespace

double Sweep::largest_capacity() const {
  return capacity.empty() ? 0 : *std::max_element(capacity.begin(), capacity.end());
}

Sweep sweep(const Job& job, const Watch& watch) {
  Sweep s;
  const std::size_t n = job.variants.size();
  const double runs = static_cast<double>(n * (kSteps + 1));
  double done = 0;
  // One run; false if the sweep is over.
  auto measure = [&](std::size_t variant, int round, const Plan& plan, std::vector<Trial>& to) {
    const auto each = static_cast<double>(plan.warm_up + plan.duration);
    to.push_back(run_once(job, variant, round, plan, [&](Nanos t) {
      watch(job.variants[variant].name,
            (done + std::min(static_cast<double>(t) / each, 1.0)) / runs);
    }));
    ++done;
    s.interrupted = to.back().out.interrupted;
    if (to.back().out.unreachable) s.unreachable = variant;
    s.connect_error = to.back().out.first_connect_error;
    return !s.interrupted && !s.unreachable;
  };

  std::vector<Trial> closed;
  Plan plan = job.plan;
  plan.rate = plan.session = 0;
  plan.connections = std::min(job.plan.connections, kClients);
  for (std::size_t v = 0; v < n; ++v) {
    if (!measure(v, 0, plan, closed)) return s;
    s.capacity.push_back(closed.back().out.rps());
  }
  if (s.largest_capacity() <= 0) return s;
  plan = job.plan;
  Random order(job.plan.seed);
  for (int i = 1; i <= kSteps; ++i) {
    const double share = i / 10.0;
    plan.rate = share * s.largest_capacity();
    s.steps.push_back({share, plan.rate, {}});
    auto& trials = s.steps.back().trials;
    const std::size_t first = order.below(n);  // whose turn is first
    for (std::size_t k = 0; k < n; ++k)
      if (!measure((first + k) % n, i, plan, trials)) return s;
    std::sort(trials.begin(), trials.end(),
              [](const Trial& a, const Trial& b) { return a.variant < b.variant; });
  }
  return s;
}

}  // namespace weft::labs::load
