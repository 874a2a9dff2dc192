// SPDX-License-Identifier: BSL-1.0
#include "labs/load/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace weft::labs::load {
namespace {

using lwp::os::Nanos;

constexpr Nanos kPerDoubling = Histogram::kPerDoubling;
constexpr int kBits = std::countr_zero(static_cast<std::uint64_t>(kPerDoubling));
constexpr Nanos kLargest = 24 * 3600 * lwp::os::kSecond;
static_assert(kLargest >> (Histogram::kDoublings - 1) >= kPerDoubling &&
              kLargest >> Histogram::kDoublings < kPerDoubling);

std::size_t bucket_of(Nanos value) {
  auto v = static_cast<std::uint64_t>(value);
  int doubling = std::max(0, static_cast<int>(std::bit_width(v)) - 1 - kBits);
  return static_cast<std::size_t>(doubling * kPerDoubling) + (v >> doubling);
}

// The middle of what falls into a bucket.
Nanos value_of(std::size_t bucket) {
  auto at = static_cast<Nanos>(bucket);
  if (at < 2 * kPerDoubling) return at;
  Nanos doubling = at / kPerDoubling - 1, rest = at % kPerDoubling + kPerDoubling;
  return (rest << doubling) + ((Nanos{1} << doubling) - 1) / 2;
}

}  // namespace

Histogram::Histogram() : buckets_(bucket_of(kLargest) + 1) {}

void Histogram::record(Nanos value) {
  value = std::clamp<Nanos>(value, 0, kLargest);
  ++buckets_[bucket_of(value)];
  ++count_;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

Nanos Histogram::percentile(double percent) const {
  if (count_ == 0) return 0;
  // 99.9 % of 1000 is a hair above 999 in binary: the rank is 999 all the same.
  double exact = percent / 100 * static_cast<double>(count_);
  auto rank = static_cast<std::uint64_t>(std::ceil(exact * (1 - 1e-12)));
  rank = std::clamp<std::uint64_t>(rank, 1, count_);
  if (rank == count_) return max_;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::clamp(value_of(i), min_, max_);
  }
  return max_;
}

void Histogram::each(const std::function<void(Nanos, std::uint64_t)>& visit) const {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size() && seen < count_; ++i) {
    if (buckets_[i] == 0) continue;
    seen += buckets_[i];
    visit(seen == count_ ? max_ : std::clamp(value_of(i), min_, max_), seen);
  }
}

double Histogram::deviation() const {
  if (count_ == 0) return 0;
  double squares = 0;
  std::uint64_t before = 0;
  each([&](Nanos value, std::uint64_t up_to) {
    const double off = static_cast<double>(value) - mean();
    squares += off * off * static_cast<double>(up_to - before);
    before = up_to;
  });
  return std::sqrt(squares / static_cast<double>(count_));
}

}  // namespace weft::labs::load
