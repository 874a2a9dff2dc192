// SPDX-License-Identifier: BSL-1.0
#include "labs/bench/measure.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <span>
#include <vector>

#include "lwp/os.hpp"

namespace weft::labs::bench {
namespace {

// A row that has run that long and often gets no more turns: the others should not wait for it.
constexpr lwp::os::Nanos kLongest = 3 * lwp::os::kSecond;
constexpr std::size_t kFewestRuns = 3;

// The last CPUs: interrupts tend to land on the first.
class Confined {
 public:
  explicit Confined(int cpus) : all_(lwp::os::allowed_cpus()) {
    auto n = std::min(static_cast<std::size_t>(std::max(cpus, 1)), all_.size());
    (void)lwp::os::confine_to(std::span(all_).last(n));  // where refused, all rows share all CPUs
  }
  ~Confined() { (void)lwp::os::confine_to(all_); }
  Confined(const Confined&) = delete;

 private:
  const std::vector<int> all_;
};

// A CPU that stood idle is slow for a while, longest where a hypervisor took it away: rows that
// came after those on fewer CPUs would pay for it. Each CPU computes for a moment before a run.
void warm_up(int cpus) {
  constexpr lwp::os::Nanos kMoment = 20 * lwp::os::kMillisecond;
  auto spin = [until = lwp::os::now() + kMoment] {
    while (lwp::os::now() < until) continue;
  };
  std::vector<lwp::os::Thread> others;
  for (int i = 1; i < cpus; ++i) others.emplace_back("warm-up", spin);
  spin();
}

// Two digits and even: figures of one machine then belong to the same number more often.
long rounded(double operations) {
  if (operations < 2) return 2;
  double step = std::pow(10, std::floor(std::log10(operations)) - 1);
  return static_cast<long>(std::max(std::floor(operations / step) * step / 2, 1.0)) * 2;
}

// How long a run with this figure took.
double took(const Row& row, double figure, double operations) {
  return row.unit == "/s" ? operations / figure * lwp::os::kSecond : operations * figure;
}

// As many operations as fill the window, found by doing more and more.
long enough(const Row& row, lwp::os::Nanos window) {
  constexpr double kMost = 1e8;
  double operations = 16;
  while (true) {
    double figure = row.run(rounded(operations));
    double share = took(row, figure, operations) / static_cast<double>(window);
    if (share > 0.1 || operations >= kMost) return rounded(std::min(operations / share, kMost));
    operations *= share > 0.01 ? 0.2 / share : 16;
  }
}

}  // namespace

double Result::median() const {
  const std::size_t half = figures.size() / 2;
  if (figures.size() % 2 == 1) return figures[half];
  return (figures[half - 1] + figures[half]) / 2;
}

const Result* find(const Results& results, std::string_view id) {
  auto at = std::ranges::find(results, id, [](const Result& r) { return r.row.id(); });
  return at == results.end() || at->figures.empty() ? nullptr : &*at;
}

std::optional<double> limit_of(const Results& results, const Result& result) {
  if (!result.row.target || !result.doubt.empty()) return std::nullopt;
  const Target& target = *result.row.target;
  if (target.of.empty()) return target.limit;
  const Result* base = find(results, target.of);
  if (base == nullptr || !base->doubt.empty()) return std::nullopt;
  return target.limit * base->median();
}

std::optional<bool> met(const Results& results, const Result& result) {
  auto limit = limit_of(results, result);
  if (!limit) return std::nullopt;
  if (result.figures.empty()) return false;
  return result.row.target->at_least ? result.median() >= *limit : result.median() <= *limit;
}

Results measure(const Plan& plan, const std::function<void(int, const Row&)>& progress) {
  Results results;
  for (const Row& row : plan.rows) results.push_back({.row = row});
  for (int round = 0; round <= plan.runs; ++round) {
    for (Result& result : results) {
      const Row& row = result.row;
      const bool fixed = row.operations > 0,
                 enough_runs = row.most_runs > 0 && round > row.most_runs;
      if (!result.failed.empty() || enough_runs || (round == 0 && fixed)) continue;
      if (result.took > kLongest * row.windows && result.figures.size() >= kFewestRuns) continue;
      progress(round, row);
      Confined confined(row.lwps);
      if (row.lwps > 1) warm_up(row.lwps);
      const lwp::os::Nanos began = lwp::os::now();
      try {
        if (round == 0) {
          result.operations = enough(row, plan.window * row.windows);
        } else {
          if (fixed) result.operations = row.operations;
          result.figures.push_back(row.run(result.operations));
        }
      } catch (const std::exception& e) {
        result.failed = e.what();
        result.figures.clear();
      }
      result.took += lwp::os::now() - began;
    }
  }
  for (Result& result : results) {
    std::ranges::sort(result.figures);
    if (result.row.doubt && !result.figures.empty()) result.doubt = result.row.doubt();
  }
  return results;
}

}  // namespace weft::labs::bench
