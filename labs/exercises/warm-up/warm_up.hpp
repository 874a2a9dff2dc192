// SPDX-License-Identifier: BSL-1.0
// Given. The lab fills in reader.cpp.
#pragma once

#include <cstddef>
#include <span>
#include <sys/types.h>
#include <unistd.h>

#include "fibers/fiber.hpp"
#include "fibers/io.hpp"

namespace lab {

/// Reads from `fd`, a pipe that does not block the kernel thread when it is empty and was asked by
/// try_read(). As ::read: the bytes that came, 0 at the end, -1 for an error.
ssize_t read_some(int fd, std::span<char> into);

/// One attempt: as ::read, but where nothing is there yet it is -1 at once, with errno EAGAIN.
ssize_t try_read(int fd, std::span<char> into);

/// Parks the fiber until something can be read from `fd`: others run on this LWP meanwhile.
inline void park_until_readable(int fd) {
  weft::fibers::wait_ready(fd, weft::lwp::os::kReadable);
}

}  // namespace lab
