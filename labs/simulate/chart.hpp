// SPDX-License-Identifier: BSL-1.0
// What a simulation looks like: a Gantt chart with a row a job, and a table.
#pragma once

#include <string>

#include "labs/catalogue.hpp"
#include "labs/simulate/simulator.hpp"

namespace weft::labs::simulate {

/// A row a job, a column a step of time. Of what falls into one column the running part is shown if
/// there is any: each burst is seen.
std::string chart(const Workload& workload, const Simulation& result, std::size_t width,
                  const Say& say);
/// A row for each time of each job, in ms, and what it comes to.
std::string table(const Workload& workload, const Simulation& result, const Say& say);

}  // namespace weft::labs::simulate
