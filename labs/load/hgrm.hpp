// SPDX-License-Identifier: BSL-1.0
// A histogram as HdrHistogram's percentile text (.hgrm), which its plotter and others read: a line
// for each value with the share of values that do not exceed it; steps get finer towards the tail,
// five to each halving of what is left.
#pragma once

#include <string>

#include "labs/load/histogram.hpp"

namespace weft::labs::load {

/// Values in milliseconds.
std::string to_hgrm(const Histogram& histogram);

}  // namespace weft::labs::load
