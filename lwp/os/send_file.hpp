// SPDX-License-Identifier: BSL-1.0
// A part of the seam that servers of files need: see lwp/os.hpp for the rest.
#pragma once

#include "lwp/os.hpp"

namespace weft::lwp::os {

/// Sends bytes of a file from `offset` on without copying them into this process (sendfile). 0: the
/// file ends there. EAGAIN when it would block for the socket; it blocks for a page that is not in
/// the cache. EINVAL where the file system cannot. May raise SIGPIPE.
Result<std::size_t> send_file(int socket, int file, std::uint64_t offset, std::size_t most);

}  // namespace weft::lwp::os
