// SPDX-License-Identifier: BSL-1.0
// A log-linear histogram of times: values below 2048 ns have a bucket each; above, every doubling
// is cut into 1024 equal buckets, so a value is known to within 1/1024: three significant digits
// from nanoseconds to a day, in constant memory and without allocation after construction.
//
// (The idea is G. Tene's HdrHistogram; a sorted list of samples would be exact and grow without
// bound, a mean and a deviation would hide the tail that the whole measurement is about.)
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "lwp/os.hpp"

namespace weft::labs::load {

class Histogram {
 public:
  static constexpr int kPerDoubling = 1024, kDoublings = 37;  ///< buckets

  Histogram();

  /// Negative values count as 0, values beyond a day as a day.
  void record(lwp::os::Nanos value);
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  /// Exact, 0 when empty.
  lwp::os::Nanos min() const { return count_ ? min_ : 0; }
  lwp::os::Nanos max() const { return max_; }
  double mean() const { return count_ ? sum_ / static_cast<double>(count_) : 0; }
  /// The smallest value that at least `percent` % of the values do not exceed (nearest rank), to
  /// three digits, never more than max(). 0 when empty.
  lwp::os::Nanos percentile(double percent) const;
  /// Of the population, from the buckets.
  double deviation() const;
  /// Calls visit(value, how many values are at most that) for each value there is, ascending, the
  /// last with max().
  void each(const std::function<void(lwp::os::Nanos, std::uint64_t)>& visit) const;
  /// Whether percentile(percent) means something: at least five values are larger. Of fewer it is
  /// little more than max().
  bool resolves(double percent) const {
    return static_cast<double>(count_) * (100 - percent) / 100 > 5 - 1e-6;
  }

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  lwp::os::Nanos min_ = lwp::os::kNever, max_ = 0;
  double sum_ = 0;
};

}  // namespace weft::labs::load
