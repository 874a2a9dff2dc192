// SPDX-License-Identifier: BSL-1.0
// expect: warm-up.wrong-bytes
// Asks whether something is there by reading it, and reads again.
#include <cerrno>

#include "warm_up.hpp"

namespace lab {
ssize_t read_some(int fd, std::span<char> into) {
  while (try_read(fd, into.first(1)) < 0) {
    if (errno != EAGAIN) return -1;
    park_until_readable(fd);
  }
  const ssize_t n = try_read(fd, into);
  return n < 0 && errno == EAGAIN ? 1 : n;
}
}  // namespace lab
