// SPDX-License-Identifier: BSL-1.0
// A part of the seam that logs need: see lwp/os.hpp for the rest.
#pragma once

#include "lwp/os.hpp"

namespace weft::lwp::os {

/// Opens a file to which every write appends, also those of other processes; made if there is none.
Result<Fd> open_to_append(const std::string& path);

}  // namespace weft::lwp::os
