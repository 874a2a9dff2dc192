// SPDX-License-Identifier: BSL-1.0
#include <cerrno>

#include "warm_up.hpp"

namespace lab {

ssize_t read_some(int fd, std::span<char> into) {
  while (true) {
    const ssize_t n = try_read(fd, into);
    if (n >= 0 || errno != EAGAIN) return n;
    park_until_readable(fd);
  }
}

}  // namespace lab
