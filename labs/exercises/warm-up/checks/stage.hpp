// SPDX-License-Identifier: BSL-1.0
// The pipe of the checks, and try_read(), which sometimes has bad news.
#pragma once

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <string>

#include "fibers/explore.hpp"
#include "warm_up.hpp"

namespace stage {

using weft::fibers::sleep_for;
using weft::fibers::spawn;

inline constexpr long kMillisecond = 1'000'000;

struct Pipe {
  int fds[2];
  Pipe() { weft::check(::pipe2(fds, O_CLOEXEC) == 0, "a pipe"); }
  ~Pipe() {
    close_end();
    ::close(fds[0]);
  }
  int end() const { return fds[0]; }
  void put(const std::string& text) {
    weft::check(::write(fds[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()),
                "a write to the pipe");
  }
  void close_end() {
    if (fds[1] >= 0) ::close(fds[1]);
    fds[1] = -1;
  }
};

inline int attempts = 0;      // calls of try_read
inline int false_alarms = 0;  // of them, that find nothing although something is there
inline int errors = 0;        // of them, that fail

/// Reads all until the end comes.
inline std::string read_all(int fd) {
  std::string out;
  char room[4];
  while (true) {
    const ssize_t n = lab::read_some(fd, room);
    weft::check(n >= 0, "error-without-error");
    weft::check(n <= 4, "more-than-room");
    if (n == 0) return out;
    out.append(room, static_cast<std::size_t>(n));
  }
}

}  // namespace stage

ssize_t lab::try_read(int fd, std::span<char> into) {
  ++stage::attempts;
  weft::check(stage::attempts < 200, "spins");
  pollfd one{fd, POLLIN, 0};
  if (stage::errors > 0) {
    --stage::errors;
    errno = EIO;
    return -1;
  }
  if (stage::false_alarms > 0) {
    --stage::false_alarms;
    errno = EAGAIN;
    return -1;
  }
  if (::poll(&one, 1, 0) == 0) {
    errno = EAGAIN;
    return -1;
  }
  return ::read(fd, into.data(), into.size());
}
