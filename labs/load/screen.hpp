// SPDX-License-Identifier: BSL-1.0
// What a person reads on the terminal.
#pragma once

#include <string>

#include "labs/load/experiment.hpp"
#include "labs/load/sweep.hpp"
#include "labs/terminal.hpp"

namespace weft::labs::load {

std::string summary(const Job& job, const Experiment& e, const std::vector<Result>& results,
                    const Terminal& terminal);
std::string sweep_summary(const Job& job, const Sweep& s, const Terminal& terminal);
/// "Open loop, 200 requests/s as a Poisson process, …"
std::string described(const Job& job, const Say& say);
/// What the runs of each variant say against those of the first, a sentence each.
std::vector<std::string> comparisons(const Job& job, const std::vector<Result>& results,
                                     const Say& say);
/// What a variant is called.
std::string name_of(const Job& job, std::size_t variant);

}  // namespace weft::labs::load
