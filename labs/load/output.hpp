// SPDX-License-Identifier: BSL-1.0
// What another program reads: JSON (schema weft.load/2, weft.load-sweep/1) and CSV, a line for each
// run.
#pragma once

#include <string>

#include "labs/load/experiment.hpp"
#include "labs/load/sweep.hpp"

namespace weft::labs::load {

std::string to_json(const Job& job, const Experiment& e, const std::vector<Result>& results);
std::string to_csv(const Job& job, const Experiment& e);
std::string to_json(const Job& job, const Sweep& s);
std::string to_csv(const Job& job, const Sweep& s);

}  // namespace weft::labs::load
