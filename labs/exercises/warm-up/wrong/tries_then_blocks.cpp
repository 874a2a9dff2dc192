// SPDX-License-Identifier: BSL-1.0
// expect: warm-up.stalled
// Tries without waiting, and then blocks after all.
#include "warm_up.hpp"

namespace lab {
ssize_t read_some(int fd, std::span<char> into) {
  const ssize_t n = try_read(fd, into);
  if (n >= 0) return n;
  weft::fibers::yield();
  return ::read(fd, into.data(), into.size());
}
}  // namespace lab
