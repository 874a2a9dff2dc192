// SPDX-License-Identifier: BSL-1.0
#include "lwp/os/socket_options.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {

void limit_receive_buffer(int fd, int bytes) {
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

void no_delay(int fd) {
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Result<std::size_t> discard(int fd, std::size_t most) {
  return answer<std::size_t>(retry([&] { return ::recv(fd, nullptr, most, MSG_TRUNC); }));
}

}  // namespace weft::lwp::os
