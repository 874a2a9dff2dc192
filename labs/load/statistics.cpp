// SPDX-License-Identifier: BSL-1.0
#include "labs/load/statistics.hpp"

#include <cmath>
#include <numbers>
#include <vector>

namespace weft::labs::load {
namespace {

// The probability of |T| <= t, as a finite series (M. Abramowitz and I. Stegun, Handbook of
// Mathematical Functions, 26.7.3 and 26.7.4).
double two_sided(double t, int freedom) {
  const double theta = std::atan(t / std::sqrt(freedom)), c = std::cos(theta), s = std::sin(theta);
  const bool odd = freedom % 2 != 0;
  double term = odd ? c : 1, sum = freedom == 1 ? 0 : term;
  for (int k = odd ? 3 : 2; k <= freedom - 2; k += 2) {
    term *= c * c * (k - 1) / k;
    sum += term;
  }
  return odd ? 2 / std::numbers::pi * (theta + s * sum) : s * sum;
}

}  // namespace

double t_quantile(int freedom) {
  double low = 1, high = 13;  // t is 12.7 for one degree of freedom, and falls to 1.96
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (two_sided(middle, freedom) < 0.95 ? low : high) = middle;
  }
  return high;
}

Estimate estimate(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  if (values.empty()) return {};
  double sum = 0, squares = 0;
  for (double v : values) sum += v;
  const double mean = sum / n;
  if (values.size() < 2) return {mean, std::nullopt};
  for (double v : values) squares += (v - mean) * (v - mean);
  return {mean, t_quantile(static_cast<int>(values.size()) - 1) * std::sqrt(squares / (n - 1) / n)};
}

Estimate difference(std::span<const double> a, std::span<const double> b) {
  std::vector<double> each;
  for (std::size_t i = 0; i < a.size(); ++i) each.push_back(b[i] - a[i]);
  return estimate(each);
}

}  // namespace weft::labs::load
