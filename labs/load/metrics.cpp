// SPDX-License-Identifier: BSL-1.0
#include "labs/load/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

namespace weft::labs::load {
namespace {

using Unit = Measure::Unit;

template <int kThousandths>
double latency(const Outcome& o) {
  return ms(o.latency.percentile(kThousandths / 1000.0));
}
template <int kThousandths>
double service(const Outcome& o) {
  return ms(o.service.percentile(kThousandths / 1000.0));
}

constexpr Measure kMeasures[] = {
    {"rps", Unit::per_second, [](const Outcome& o) { return o.rps(); }},
    {"errors", Unit::count, [](const Outcome& o) { return static_cast<double>(o.failures()); }},
    {"failed-over", Unit::count,
     [](const Outcome& o) { return static_cast<double>(o.failed_over); }},
    {"p50", Unit::ms, latency<50'000>},
    {"p90", Unit::ms, latency<90'000>},
    {"p99", Unit::ms, latency<99'000>},
    {"p99.9", Unit::ms, latency<99'900>},
    {"max", Unit::ms, [](const Outcome& o) { return ms(o.latency.max()); }},
    {"mean", Unit::ms, [](const Outcome& o) { return o.latency.mean() / 1e6; }},
    {"service-p50", Unit::ms, service<50'000>},
    {"service-p90", Unit::ms, service<90'000>},
    {"service-p99", Unit::ms, service<99'000>},
    {"service-p99.9", Unit::ms, service<99'900>},
    {"service-max", Unit::ms, [](const Outcome& o) { return ms(o.service.max()); }},
    {"lag", Unit::ms, [](const Outcome& o) { return ms(o.lag.percentile(99)); }},
    {"success", Unit::percent, [](const Outcome& o) { return 100 * o.success(); }},
    {"availability", Unit::percent, [](const Outcome& o) { return 100 * o.availability.share(); }},
};

}  // namespace

std::span<const Measure> measures() {
  return kMeasures;
}
const Measure& measure(std::string_view name) {
  return *std::find_if(std::begin(kMeasures), std::end(kMeasures),
                       [&](const Measure& m) { return m.name == name; });
}
std::span<const Metric> expected_metrics() {
  static const std::vector<Metric> all = [] {
    std::vector<Metric> out;
    for (const auto& m : kMeasures) out.push_back({m.name, m.unit == Unit::ms});
    return out;
  }();
  return all;
}

std::string percentile_name(double percent) {
  return "p" + shown(percent, percent > 99 ? 1 : 0);
}

std::string shown(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string plain(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

std::string time_text(double ms) {
  auto [factor, unit] = ms < 1      ? std::pair{1e3, "µs"}
                        : ms < 1000 ? std::pair{1.0, "ms"}
                                    : std::pair{1e-3, "s"};
  const double value = ms * factor;
  return shown(value, value < 10 ? 2 : value < 100 ? 1 : 0) + "\u00a0" + unit;
}

std::string percent_text(double percent) {
  int digits = percent >= 100 ? 0 : 2;
  while (percent < 100 && digits < 6 && 100 - percent < std::pow(10, -digits)) ++digits;
  return shown(percent, digits) + "\u00a0%";
}

std::string text_of(double value, Unit unit) {
  switch (unit) {
    case Unit::ms:
      return time_text(value);
    case Unit::per_second:
      return shown(value, 1);
    case Unit::count:
      return shown(value, 0);
    case Unit::percent:
      return percent_text(value);
  }
  return {};
}

}  // namespace weft::labs::load
