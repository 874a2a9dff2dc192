// SPDX-License-Identifier: BSL-1.0
#include "lwp/os/send_file.hpp"

#include <sys/sendfile.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {

Result<std::size_t> send_file(int socket, int file, std::uint64_t offset, std::size_t most) {
  auto at = static_cast<off_t>(offset);
  return answer<std::size_t>(retry([&] { return ::sendfile(socket, file, &at, most); }));
}

}  // namespace weft::lwp::os
