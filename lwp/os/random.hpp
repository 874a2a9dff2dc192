// SPDX-License-Identifier: BSL-1.0
// A part of the seam for those few who name things that nobody may guess.
#pragma once

#include <cstdint>

namespace weft::lwp::os {

/// From the kernel's generator: nobody foretells it, and no other process draws it.
std::uint64_t random_number();

}  // namespace weft::lwp::os
