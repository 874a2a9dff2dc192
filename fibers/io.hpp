// SPDX-License-Identifier: BSL-1.0
// I/O that parks the fiber, not its LWP. Descriptors must be non-blocking, as os::accept and
// os::connect make them.
#pragma once

#include <span>

#include "lwp/os.hpp"

namespace weft::fibers {

namespace os = lwp::os;

/// Parks until `fd` is ready for `interest` (os::kReadable or os::kWritable, exactly one); false at
/// the deadline. May return early: try the operation, and wait again on EAGAIN. REQUIRES: nobody
/// closes `fd` meanwhile, for then the kernel forgets it and nothing would end the wait.
bool wait_ready(int fd, std::uint32_t interest, os::Nanos deadline = os::kNever);

/// The same, if the caller has waited for `fd` before and nobody has closed it since: that saves a
/// system call.
bool wait_ready_again(int fd, std::uint32_t interest, os::Nanos deadline = os::kNever);

/// A connected socket. One fiber may receive while another sends.
class Socket {
 public:
  explicit Socket(os::Fd fd) : fd_(std::move(fd)) {}
  Socket() = default;
  /// ETIMEDOUT at the deadline; else what the kernel says.
  static lwp::Result<Socket> connect(const os::Address& to, os::Nanos deadline = os::kNever);

  /// At least one byte; 0 when the peer sends no more. ETIMEDOUT at the deadline.
  lwp::Result<std::size_t> receive(std::span<std::byte> into, os::Nanos deadline = os::kNever);
  /// All of it. After an error it is unknown how much has been sent.
  lwp::Result<void> send_all(std::span<const std::byte> from, os::Nanos deadline = os::kNever);
  int fd() const { return fd_.get(); }

 private:
  os::Fd fd_;
};

/// A listening socket.
class Listener {
 public:
  explicit Listener(os::Fd fd) : fd_(std::move(fd)) {}
  /// ETIMEDOUT at the deadline.
  lwp::Result<Socket> accept(os::Nanos deadline = os::kNever);
  int fd() const { return fd_.get(); }

 private:
  os::Fd fd_;
};

/// Reads from a file at `offset`: at once if the page cache has all of it (preadv2 RWF_NOWAIT, so
/// that no second LWP is woken for nothing), else as blocking().
lwp::Result<std::size_t> read_file(int fd, std::span<std::byte> into, std::uint64_t offset);

}  // namespace weft::fibers
