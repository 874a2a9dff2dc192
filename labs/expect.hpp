// SPDX-License-Identifier: BSL-1.0
// --expect: "p99<5ms", "rps>=1000", "errors=0", "prediction=10". A measurement that scripts can ask
// a yes-or-no question; the answer no is exit code 1.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weft::labs {

struct Expectation {
  enum class Relation { less, at_most, equal, at_least, more };
  std::string metric;
  Relation relation = Relation::equal;
  double value = 0;  ///< times in ms
  std::string text;  ///< as typed

  bool holds(double measured) const;
};

/// What can be expected of a command: a time needs its unit, us, ms or s; others are a bare number
/// or a number with %.
struct Metric {
  std::string name;
  bool is_time = false;
};

/// Reads NAME RELATION NUMBER[UNIT]; nothing if it is not that or names none of `metrics`.
std::optional<Expectation> parse_expectation(std::string_view text,
                                             std::span<const Metric> metrics);

}  // namespace weft::labs
