// SPDX-License-Identifier: BSL-1.0
// What several runs say together: a mean, and an interval that holds the true one in 95 of 100 such
// experiments (W. S. Gosset's t distribution: for a few runs it is wider than the normal one).
#pragma once

#include <optional>
#include <span>

namespace weft::labs::load {

/// A mean with half the width of its 95 % confidence interval; no width of fewer than two values.
struct Estimate {
  double mean = 0;
  std::optional<double> half;
};
Estimate estimate(std::span<const double> values);

/// Of `b` minus `a`, run by run: what a round did to both of them cancels. REQUIRES as many of
/// each.
Estimate difference(std::span<const double> a, std::span<const double> b);

/// The t that 97.5 % of the distribution with so many degrees of freedom do not exceed. REQUIRES
/// freedom >= 1.
double t_quantile(int freedom);

}  // namespace weft::labs::load
