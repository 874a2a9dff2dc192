// SPDX-License-Identifier: BSL-1.0
// What os/files.cpp and os/folders.cpp share; nobody else includes this.
#pragma once

#include <sys/stat.h>

#include "lwp/os.hpp"

namespace weft::lwp::os {

/// What fstat and fstatat tell.
inline FileInfo as_info(const struct stat& s) {
  FileInfo info;
  info.size = static_cast<std::uint64_t>(s.st_size);
  info.mtime = s.st_mtim.tv_sec * kSecond + s.st_mtim.tv_nsec;
  info.inode = s.st_ino;
  info.device = s.st_dev;
  info.regular = S_ISREG(s.st_mode);
  info.directory = S_ISDIR(s.st_mode);
  return info;
}

}  // namespace weft::lwp::os
