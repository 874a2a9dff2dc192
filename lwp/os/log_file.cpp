// SPDX-License-Identifier: BSL-1.0
#include "lwp/os/log_file.hpp"

#include <fcntl.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {

Result<Fd> open_to_append(const std::string& path) {
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
  Fd fd(retry([&] { return ::open(path.c_str(), kFlags, 0644); }));
  return fd ? Result<Fd>(std::move(fd)) : Result<Fd>::failure(errno);
}

}  // namespace weft::lwp::os
