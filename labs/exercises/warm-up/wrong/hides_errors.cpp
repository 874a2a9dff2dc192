// SPDX-License-Identifier: BSL-1.0
// expect: warm-up.hides-errors
// Takes every -1 for "not yet".
#include "warm_up.hpp"

namespace lab {
ssize_t read_some(int fd, std::span<char> into) {
  while (true) {
    const ssize_t n = try_read(fd, into);
    if (n >= 0) return n;
    park_until_readable(fd);
  }
}
}  // namespace lab
