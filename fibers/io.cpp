// SPDX-License-Identifier: BSL-1.0
#include "fibers/io.hpp"

#include <cerrno>

#include "fibers/engine.hpp"
#include "fibers/fiber.hpp"
#include "lwp/reactor.hpp"

namespace weft::fibers {
namespace {

// Tries until it succeeds, fails for good, or the deadline comes.
template <class T, class Try>
lwp::Result<T> repeat(int fd, std::uint32_t interest, os::Nanos deadline, Try&& attempt) {
  while (true) {
    lwp::Result<T> result = attempt();
    if (result || (result.error() != EAGAIN && result.error() != EWOULDBLOCK)) return result;
    if (!fibers::wait_ready(fd, interest, deadline)) return lwp::Result<T>::failure(ETIMEDOUT);
  }
}

}  // namespace

bool wait_ready(int fd, std::uint32_t interest, os::Nanos deadline) {
  if (lwp::fault("wakes without a reason")) return true;
  return current_engine().scheduler().wait_ready(fd, interest, deadline);
}

bool wait_ready_again(int fd, std::uint32_t interest, os::Nanos deadline) {
  return fibers::wait_ready(fd, interest | lwp::kStays, deadline);
}

lwp::Result<Socket> Socket::connect(const os::Address& to, os::Nanos deadline) {
  auto fd = os::connect(to);
  if (!fd) return lwp::Result<Socket>::failure(fd.error());
  while (true) {
    if (!fibers::wait_ready(fd->get(), os::kWritable, deadline)) {
      return lwp::Result<Socket>::failure(ETIMEDOUT);
    }
    if (int error = os::socket_error(fd->get())) return lwp::Result<Socket>::failure(error);
    if (os::is_connected(fd->get())) return Socket(std::move(*fd));  // else woken for nothing
  }
}

lwp::Result<std::size_t> Socket::receive(std::span<std::byte> into, os::Nanos deadline) {
  return repeat<std::size_t>(fd(), os::kReadable, deadline,
                             [&] { return os::receive(fd(), into); });
}

lwp::Result<void> Socket::send_all(std::span<const std::byte> from, os::Nanos deadline) {
  while (!from.empty()) {
    auto sent =
        repeat<std::size_t>(fd(), os::kWritable, deadline, [&] { return os::send(fd(), from); });
    if (!sent) return lwp::Result<void>::failure(sent.error());
    from = from.subspan(*sent);
  }
  return {};
}

lwp::Result<Socket> Listener::accept(os::Nanos deadline) {
  auto fd =
      repeat<os::Fd>(this->fd(), os::kReadable, deadline, [&] { return os::accept(this->fd()); });
  if (!fd) return lwp::Result<Socket>::failure(fd.error());
  return Socket(std::move(*fd));
}

lwp::Result<std::size_t> read_file(int fd, std::span<std::byte> into, std::uint64_t offset) {
  if (auto cached = os::pread_cached(fd, into, offset)) return cached;
  return blocking("a file read", [&] { return os::pread(fd, into, offset); });
}

}  // namespace weft::fibers
