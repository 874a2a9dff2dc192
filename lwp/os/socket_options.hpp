// SPDX-License-Identifier: BSL-1.0
// A part of the seam that one client needs: see lwp/os.hpp for the rest.
#pragma once

namespace weft::lwp::os {

/// The kernel keeps about so many bytes for a reader that does not read, instead of megabytes.
void limit_receive_buffer(int fd, int bytes);

}  // namespace weft::lwp::os
