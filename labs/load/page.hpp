// SPDX-License-Identifier: BSL-1.0
// --report: one page that needs no network, with the percentile plot of each variant, or the three
// plots of a sweep on one axis: latency, throughput and CPU, which cannot all be good at once.
#pragma once

#include <string>

#include "labs/load/experiment.hpp"
#include "labs/load/sweep.hpp"

namespace weft::labs::load {

std::string to_html(const Job& job, const std::vector<Result>& results, const Say& say);
std::string to_html(const Job& job, const Sweep& s, const Say& say);

}  // namespace weft::labs::load
