// SPDX-License-Identifier: BSL-1.0
// The calls that led a fiber of another process to where it is, by gdb and Weft's commands for it
// (fibers/gdb/). The process stands still while gdb looks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "labs/catalogue.hpp"

namespace weft::labs::trace {

/// gdb attached to a process, which runs these commands and leaves it.
std::vector<std::string> gdb_on(int process, const std::vector<std::string>& commands);

/// The calls of the fiber with this number; or a sentence that says why there are none. gdb is
/// given up after some seconds.
std::string stack_of(int process, std::uint64_t fiber, const Say& say);

}  // namespace weft::labs::trace
