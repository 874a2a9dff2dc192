// SPDX-License-Identifier: BSL-1.0
#include <cstdio>
#include <iostream>
#include <stdio_ext.h>
#include <unistd.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {

void write_out(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t n = retry([&] { return ::write(fd, text.data(), text.size()); });
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

// The process is about to end in a deadlock, perhaps of whoever printed last: a stopped fiber's LWP
// may have the stream's lock for good.
void flush_output() {
  if (!wait_ready(::fileno(stdout), kWritable, 0)) return;
  if (::ftrylockfile(stdout) != 0) return;
  std::cout.flush();  // unless it is stdout itself: then this takes the lock that we have
  if (::__fpending(stdout) > 0) ::fflush_unlocked(stdout);
  ::funlockfile(stdout);
}

}  // namespace weft::lwp::os
