// SPDX-License-Identifier: BSL-1.0
// What `weft bench` shows: a table on the screen, and JSON.
#pragma once

#include <string>

#include "labs/bench/measure.hpp"
#include "labs/terminal.hpp"

namespace weft::labs::bench {

std::string screen(const Plan& plan, const Results& results, const Terminal& terminal);
/// Schema weft.bench/1, described in docs/benchmarks.md.
std::string to_json(const Results& results);

}  // namespace weft::labs::bench
