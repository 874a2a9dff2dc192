// SPDX-License-Identifier: BSL-1.0
// expect: warm-up.spins
// Yields in a loop: others run, but nobody ever rests.
#include <cerrno>

#include "warm_up.hpp"

namespace lab {
ssize_t read_some(int fd, std::span<char> into) {
  while (true) {
    const ssize_t n = try_read(fd, into);
    if (n >= 0 || errno != EAGAIN) return n;
    weft::fibers::yield();
  }
}
}  // namespace lab
