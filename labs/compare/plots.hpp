// SPDX-License-Identifier: BSL-1.0
// The two plots of the report, as SVG elements to stand inside a page. Colours and fonts come from
// the page's style sheet by class, so that dark mode and print restyle them too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "labs/catalogue.hpp"
#include "labs/compare/result.hpp"
#include "labs/svg.hpp"

namespace weft::labs::compare {

/// A bar for each row, what was predicted as a line across it, slowest and fastest round as a
/// whisker.
std::string throughput_plot(const Comparison& comparison, Say say);

/// Latency over percentile, the tail stretched (each step to the right is ten times rarer).
std::string latency_plot(const Comparison& comparison, Say say);

using svg::escaped;
using svg::spread_labels;
using svg::ticks;

/// What a row is called where several disks are compared: its label and its disk.
std::string full_label(const Comparison& comparison, const RowSpec& spec, Say say);

}  // namespace weft::labs::compare
