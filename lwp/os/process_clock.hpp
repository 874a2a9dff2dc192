// SPDX-License-Identifier: BSL-1.0
// A part of the seam that a measurement of other processes needs: see lwp/os.hpp for the rest.
#pragma once

#include "lwp/os.hpp"

namespace weft::lwp::os {

/// CPU time that a process has used so far, all threads, user and system; 0 where there is none.
Nanos process_cpu_of(int process);

}  // namespace weft::lwp::os
