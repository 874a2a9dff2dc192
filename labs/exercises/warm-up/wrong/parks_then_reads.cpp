// SPDX-License-Identifier: BSL-1.0
// expect: warm-up.gives-up
// Waits once and believes the wake-up: `if` for `while`.
#include <cerrno>

#include "warm_up.hpp"

namespace lab {
ssize_t read_some(int fd, std::span<char> into) {
  const ssize_t n = try_read(fd, into);
  if (n >= 0 || errno != EAGAIN) return n;
  park_until_readable(fd);
  return try_read(fd, into);
}
}  // namespace lab
