// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <arpa/inet.h>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include "lwp/os/kernel.hpp"
#include "lwp/os/socket_options.hpp"

namespace weft::lwp::os {
namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Result<SocketAddress> parse(const Address& address) {
  SocketAddress out;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
  if (::inet_pton(AF_INET, address.host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port);
    out.length = sizeof *v4;
  } else if (::inet_pton(AF_INET6, address.host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address.port);
    out.length = sizeof *v6;
  } else {
    return Result<SocketAddress>::failure(EINVAL);
  }
  return Result<SocketAddress>(out);
}

Result<Fd> open_socket(int family) {
  Fd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Result<Fd>::failure(errno);
  return Result<Fd>(std::move(fd));
}

}  // namespace

Result<Fd> listen(const Address& at, int backlog) {
  auto address = parse(at);
  if (!address) return Result<Fd>::failure(address.error());
  auto fd = open_socket(address->storage.ss_family);
  if (!fd) return fd;
  int on = 1;
  ::setsockopt(fd->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd->get(), address->get(), address->length) != 0 ||
      ::listen(fd->get(), backlog) != 0) {
    return Result<Fd>::failure(errno);
  }
  return fd;
}

void accept_with_data(int listener, Nanos patience) {
  const int seconds = static_cast<int>((patience + kSecond - 1) / kSecond);
  ::setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
}

int given_sockets() {
  const char* process = std::getenv("LISTEN_PID");
  const char* sockets = std::getenv("LISTEN_FDS");
  if (process == nullptr || sockets == nullptr || std::atoi(process) != ::getpid()) return 0;
  return std::max(std::atoi(sockets), 0);
}

Result<Fd> take_given_socket() {
  constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  auto option = [](int name) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(kFirst, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
  };
  const int family = option(SO_DOMAIN);
  if (option(SO_ACCEPTCONN) <= 0 || option(SO_TYPE) != SOCK_STREAM ||
      (family != AF_INET && family != AF_INET6)) {
    return Result<Fd>::failure(EINVAL);
  }
  ::fcntl(kFirst, F_SETFD, FD_CLOEXEC);
  ::fcntl(kFirst, F_SETFL, ::fcntl(kFirst, F_GETFL) | O_NONBLOCK);
  return Fd(kFirst);
}

Result<Fd> duplicate(int fd) {
  Fd same(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  return same ? Result<Fd>(std::move(same)) : Result<Fd>::failure(errno);
}

namespace {

template <class Get>
Result<std::uint16_t> port_by(Get get, int fd) {
  SocketAddress a;
  a.length = sizeof a.storage;
  if (get(fd, a.get(), &a.length) != 0) return Result<std::uint16_t>::failure(errno);
  return a.storage.ss_family == AF_INET6
             ? ntohs(reinterpret_cast<sockaddr_in6*>(&a.storage)->sin6_port)
             : ntohs(reinterpret_cast<sockaddr_in*>(&a.storage)->sin_port);
}

}  // namespace

Result<std::uint16_t> local_port(int fd) {
  return port_by(::getsockname, fd);
}

Result<std::uint16_t> peer_port(int fd) {
  return port_by(::getpeername, fd);
}

std::size_t waiting_to_be_accepted(int listener) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (::getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return 0;
  return info.tcpi_unacked;  // of a listener: the length of its accept queue
}

Result<Fd> accept(int listener) {
  Fd fd(retry([&] { return ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); }));
  if (!fd) return Result<Fd>::failure(errno);
  no_delay(fd.get());
  return Result<Fd>(std::move(fd));
}

Result<Fd> connect(const Address& to) {
  auto address = parse(to);
  if (!address) return Result<Fd>::failure(address.error());
  auto fd = open_socket(address->storage.ss_family);
  if (!fd) return fd;
  no_delay(fd->get());
  if (::connect(fd->get(), address->get(), address->length) != 0 && errno != EINPROGRESS &&
      errno != EINTR) {
    return Result<Fd>::failure(errno);
  }
  return fd;
}

bool is_connected(int fd) {
  SocketAddress peer;
  peer.length = sizeof peer.storage;
  return ::getpeername(fd, peer.get(), &peer.length) == 0;
}

int socket_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

Result<std::size_t> receive(int fd, std::span<std::byte> into) {
  into = some_of(into);
  return moved(into, retry([&] { return ::recv(fd, into.data(), into.size(), 0); }));
}
Result<std::size_t> send(int fd, std::span<const std::byte> from) {
  from = some_of(from);
  return moved(from, retry([&] { return ::send(fd, from.data(), from.size(), MSG_NOSIGNAL); }));
}
void shutdown_send(int fd) {
  ::shutdown(fd, SHUT_WR);
}
void shutdown_receive(int fd) {
  ::shutdown(fd, SHUT_RD);
}

}  // namespace weft::lwp::os
