// SPDX-License-Identifier: BSL-1.0
#include "lwp/os/socket_options.hpp"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {

void limit_receive_buffer(int fd, int bytes) {
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

void limit_unsent(int fd, int bytes) {
  ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

std::string_view peer_host(int fd, std::span<char> into) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
  const bool v6 = address.ss_family == AF_INET6;
  const void* host = &reinterpret_cast<const sockaddr_in*>(&address)->sin_addr;
  if (v6) host = &reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr;
  const char* text =
      ::inet_ntop(v6 ? AF_INET6 : AF_INET, host, into.data(), static_cast<socklen_t>(into.size()));
  return text == nullptr ? std::string_view() : text;
}

void reset_connection(Fd socket) {
  const linger at_once{1, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

std::size_t unsent(int fd) {
  int bytes = 0;
  return ::ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return limit.rlim_cur;
}

void no_delay(int fd) {
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Result<std::size_t> discard(int fd, std::size_t most) {
  return answer<std::size_t>(retry([&] { return ::recv(fd, nullptr, most, MSG_TRUNC); }));
}

}  // namespace weft::lwp::os
