// SPDX-License-Identifier: BSL-1.0
// Seeded randomness that is the same on every machine: the standard fixes mt19937_64 to the bit,
// but leaves its distributions and std::shuffle to each library, so those are ours.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

namespace weft::labs {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t next() { return engine_(); }
  /// Uniform in [0, n). REQUIRES n > 0. Rejects the uneven tail, so no value is favoured.
  std::uint64_t below(std::uint64_t n) {
    std::uint64_t limit = UINT64_MAX - UINT64_MAX % n, value;
    do value = engine_();
    while (value >= limit);
    return value % n;
  }
  /// Uniform in (0, 1].
  double unit() { return (static_cast<double>(engine_() >> 11) + 1.0) * 0x1p-53; }
  /// Exponentially distributed.
  double exponential(double mean) { return -mean * std::log(unit()); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace weft::labs
