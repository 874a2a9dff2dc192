// SPDX-License-Identifier: BSL-1.0
#include "labs/load/hgrm.hpp"

#include <cmath>
#include <cstdio>

namespace weft::labs::load {
namespace {

constexpr int kStepsPerHalf = 5;

template <class... Values>
std::string printed(const char* format, Values... values) {
  char text[160];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

}  // namespace

std::string to_hgrm(const Histogram& h) {
  std::string out = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
  auto ms = [](auto nanos) { return static_cast<double>(nanos) / 1e6; };
  double next = 0;  // the percentile from which the next line is written
  h.each([&](lwp::os::Nanos value, std::uint64_t up_to) {
    const bool last = up_to == h.count();
    const double share = static_cast<double>(up_to) / static_cast<double>(h.count());
    if (last || 100 * share < next) {
      if (last)
        out += printed("%12.3f %2.12f %10llu\n", ms(value), 1.0,
                       static_cast<unsigned long long>(up_to));
      return;
    }
    // Several steps may fall on one value: one line says it.
    while (next <= 100 * share) {
      const double halves = std::floor(std::log2(100 / (100 - next))) + 1;
      next += 100 / (kStepsPerHalf * std::exp2(halves));
    }
    out += printed("%12.3f %2.12f %10llu %14.2f\n", ms(value), share,
                   static_cast<unsigned long long>(up_to), 1 / (1 - share));
  });
  out += printed("#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", ms(h.mean()), ms(h.deviation()));
  out += printed("#[Max     = %12.3f, Total count    = %12llu]\n", ms(h.max()),
                 static_cast<unsigned long long>(h.count()));
  return out + printed("#[Buckets = %12d, SubBuckets     = %12d]\n", Histogram::kDoublings,
                       Histogram::kPerDoubling);
}

}  // namespace weft::labs::load
