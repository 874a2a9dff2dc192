// SPDX-License-Identifier: BSL-1.0
#include "lwp/os/socket_options.hpp"

#include <sys/socket.h>

namespace weft::lwp::os {

void limit_receive_buffer(int fd, int bytes) {
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

}  // namespace weft::lwp::os
