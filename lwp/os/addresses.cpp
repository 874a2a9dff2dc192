// SPDX-License-Identifier: BSL-1.0
#include "lwp/os/addresses.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {

bool is_address(const std::string& host) {
  in6_addr room;  // the longer of both
  return ::inet_pton(AF_INET, host.c_str(), &room) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &room) == 1;
}

Result<std::string> local_host(int fd) {
  sockaddr_storage own{};
  socklen_t length = sizeof own;
  auto* address = reinterpret_cast<sockaddr*>(&own);
  if (::getsockname(fd, address, &length) != 0) return Result<std::string>::failure(errno);
  const void* host = own.ss_family == AF_INET6
                         ? static_cast<void*>(&reinterpret_cast<sockaddr_in6*>(&own)->sin6_addr)
                         : static_cast<void*>(&reinterpret_cast<sockaddr_in*>(&own)->sin_addr);
  char text[INET6_ADDRSTRLEN];
  ::inet_ntop(own.ss_family, host, text, sizeof text);
  return std::string(text);
}

// A datagram socket that is connected has chosen its route, and with it its own address.
Result<std::string> host_towards(const std::string& host) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  v4.sin_port = v6.sin6_port = htons(9);  // any
  const bool is_v4 = ::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1;
  if (!is_v4 && ::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) != 1)
    return Result<std::string>::failure(EINVAL);
  const auto* to = is_v4 ? reinterpret_cast<sockaddr*>(&v4) : reinterpret_cast<sockaddr*>(&v6);
  const Fd fd(::socket(to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), to, is_v4 ? sizeof v4 : sizeof v6) != 0)
    return Result<std::string>::failure(errno);
  return local_host(fd.get());
}

}  // namespace weft::lwp::os
