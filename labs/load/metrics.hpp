// SPDX-License-Identifier: BSL-1.0
// What can be asked of a run by name: in --expect, in the CSV file, in estimates over several runs.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "labs/expect.hpp"
#include "labs/load/generator.hpp"

namespace weft::labs::load {

/// In milliseconds, as people read it.
inline double ms(lwp::os::Nanos t) {
  return static_cast<double>(t) / 1e6;
}

struct Measure {
  enum class Unit { ms, per_second, count, percent };
  const char* name;
  Unit unit;
  double (*of)(const Outcome&);  ///< times in ms, shares in percent
};
std::span<const Measure> measures();
/// REQUIRES that there is one of that name.
const Measure& measure(std::string_view name);
/// The same, as --expect knows them.
std::span<const Metric> expected_metrics();

inline constexpr double kPercentiles[] = {50, 90, 99, 99.9};
/// "p99", "p99.9"
std::string percentile_name(double percent);

/// "1.52": with so many digits behind the point.
std::string shown(double value, int digits);
/// "99.9": with as many as it needs, six digits in all.
std::string plain(double value);
/// Three digits with a unit that fits: "1.52 ms". REQUIRES value in ms.
std::string time_text(double ms);
/// As time_text(), or as its unit is written.
std::string text_of(double value, Measure::Unit unit);
/// "99.95 %"; never "100 %" of what is less.
std::string percent_text(double percent);

}  // namespace weft::labs::load
