// SPDX-License-Identifier: BSL-1.0
// A simulated schedule as a recording (labs/trace/writer.hpp): its CPU is an LWP, each job a fiber.
#pragma once

#include <string>

#include "labs/simulate/simulator.hpp"

namespace weft::labs::simulate {

/// The file. `what` names the workload.
std::string to_recording(const Workload& workload, const Simulation& result,
                         const std::string& what, const std::string& policy);

}  // namespace weft::labs::simulate
