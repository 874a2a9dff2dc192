// SPDX-License-Identifier: BSL-1.0
#include "lwp/os/folders.hpp"

#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lwp/os/files.hpp"
#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {
namespace {

constexpr mode_t kNewFile = 0666, kNewFolder = 0777;  // less the umask

Result<Fd> owned(int fd) {
  return fd < 0 ? Result<Fd>::failure(errno) : Result<Fd>(Fd(fd));
}

int rename_by(int from, const char* name, int to, const char* new_name, unsigned flags) {
  return static_cast<int>(::syscall(SYS_renameat2, from, name, to, new_name, flags));
}

}  // namespace

Result<Fd> create_unnamed(int folder) {
  // A file without a name can be given one by /proc only.
  if (::access("/proc/self/fd", X_OK) != 0) return Result<Fd>::failure(EOPNOTSUPP);
  Asleep asleep;
  return owned(
      retry([&] { return ::openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, kNewFile); }));
}

Result<Fd> create_new(int folder, const std::string& name) {
  Asleep asleep;
  constexpr int kFlags = O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW;
  return owned(retry([&] { return ::openat(folder, name.c_str(), kFlags, kNewFile); }));
}

Result<void> give_name(int file, int folder, const std::string& name) {
  Asleep asleep;
  // By /proc: AT_EMPTY_PATH would need a privilege.
  const std::string self = "/proc/self/fd/" + std::to_string(file);
  return done(::linkat(AT_FDCWD, self.c_str(), folder, name.c_str(), AT_SYMLINK_FOLLOW));
}

Result<void> rename(int from, const std::string& name, int to, const std::string& new_name,
                    Renaming how) {
  Asleep asleep;
  const char* a = name.c_str();
  const char* b = new_name.c_str();
  switch (how) {
    case Renaming::replace:
      return done(::renameat(from, a, to, b));
    case Renaming::exchange:
      return done(rename_by(from, a, to, b, RENAME_EXCHANGE));
    case Renaming::keep:
      break;
  }
  if (rename_by(from, a, to, b, RENAME_NOREPLACE) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS) return Result<void>::failure(errno);
  // A file system that cannot promise it: look, then rename.
  if (info_of(to, new_name)) return Result<void>::failure(EEXIST);
  return done(::renameat(from, a, to, b));
}

Result<void> remove_name(int folder, const std::string& name, bool directory) {
  Asleep asleep;
  return done(::unlinkat(folder, name.c_str(), directory ? AT_REMOVEDIR : 0));
}

Result<void> make_folder(int folder, const std::string& name) {
  Asleep asleep;
  return done(::mkdirat(folder, name.c_str(), kNewFolder));
}

Result<FileInfo> info_of(int folder, const std::string& name) {
  struct stat s;
  if (::fstatat(folder, name.c_str(), &s, AT_SYMLINK_NOFOLLOW) != 0) {
    return Result<FileInfo>::failure(errno);
  }
  return Result<FileInfo>(as_info(s));
}

Result<std::string> link_target(int folder, const std::string& name) {
  std::string target(4096, '\0');
  ssize_t n = ::readlinkat(folder, name.c_str(), target.data(), target.size());
  if (n < 0) return Result<std::string>::failure(errno);
  target.resize(static_cast<std::size_t>(n));
  return Result<std::string>(std::move(target));
}
Result<void> make_link(int folder, const std::string& name, const std::string& target) {
  Asleep asleep;
  return done(::symlinkat(target.c_str(), folder, name.c_str()));
}

Result<std::size_t> pwrite(int fd, std::span<const std::byte> from, std::uint64_t offset) {
  Asleep asleep;
  from = some_of(from);
  return moved(from, retry([&] {
                 return ::pwrite(fd, from.data(), from.size(), static_cast<off_t>(offset));
               }));
}

Result<std::size_t> copy_bytes(int from, int to, std::size_t most) {
  Asleep asleep;
  ssize_t n = retry([&] { return ::copy_file_range(from, nullptr, to, nullptr, most, 0); });
  // Not between these file systems, or not from this one.
  if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS)) {
    n = retry([&] { return ::sendfile(to, from, nullptr, most); });
  }
  return answer<std::size_t>(n);
}

Result<void> set_mtime(int fd, Nanos wall) {
  const timespec times[2] = {{0, UTIME_OMIT}, to_timespec(wall)};
  return done(::futimens(fd, times));
}
Result<std::uint32_t> mode_of(int folder, const std::string& name) {
  struct stat s;
  if (::fstatat(folder, name.c_str(), &s, AT_SYMLINK_NOFOLLOW) != 0) {
    return Result<std::uint32_t>::failure(errno);
  }
  return Result<std::uint32_t>(s.st_mode & 0777);
}
Result<void> set_mode(int fd, std::uint32_t mode) {
  return done(::fchmod(fd, mode & 0777));
}

bool try_lock_file(int fd) {
  return retry([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }) == 0;
}
bool has_name(int fd) {
  struct stat s;
  return ::fstat(fd, &s) == 0 && s.st_nlink > 0;
}

struct FolderReader::Impl {
  DIR* stream = nullptr;
};

FolderReader::FolderReader(Fd folder) : impl_(new Impl) {
  impl_->stream = ::fdopendir(folder.get());
  if (impl_->stream != nullptr) {
    (void)folder.release();
    return;
  }
  error_ = errno;
}
FolderReader::~FolderReader() {
  if (impl_->stream != nullptr) ::closedir(impl_->stream);
}
// Out of TSan's sight, as in KeepErrno: the fibers of an LWP share its errno by turns.
WEFT_NO_TSAN static void clear_errno() {
  errno = 0;
}
bool FolderReader::next(std::string& name) {
  if (impl_->stream == nullptr) return false;
  Asleep asleep;
  while (true) {
    clear_errno();
    const dirent* entry = ::readdir(impl_->stream);
    if (entry == nullptr) {
      error_ = errno;
      return false;
    }
    if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
    name = entry->d_name;
    return true;
  }
}
int FolderReader::descriptor() const {
  return impl_->stream == nullptr ? -1 : ::dirfd(impl_->stream);
}

}  // namespace weft::lwp::os
