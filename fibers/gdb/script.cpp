// SPDX-License-Identifier: BSL-1.0
#include "fibers/gdb/script.hpp"

namespace weft::fibers {

// An entry of the section that gdb looks for in each program ("The .debug_gdb_scripts section" in
// its manual): 4 says Python text, then a name in a line of its own, then the script.
[[gnu::section(".debug_gdb_scripts"), gnu::used]] const char gdb_script[] = "\4weft\n"
#include "fibers/gdb/script.inc"  // made by CMake of the Python files in this folder
    ;

}  // namespace weft::fibers
