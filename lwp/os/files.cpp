// SPDX-License-Identifier: BSL-1.0
#include "lwp/os/files.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lwp/os/folders.hpp"
#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {
namespace {

constexpr int kReadFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

// Without openat2: one component at a time, no symlink followed, `..` refused.
Result<Fd> walk_beneath(int root, const std::string& relative, int last_flags) {
  if (relative.starts_with('/')) return Result<Fd>::failure(EXDEV);  // as openat2 says
  Fd here(::openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!here) return Result<Fd>::failure(errno);
  std::size_t at = 0;
  while (true) {
    std::size_t slash = relative.find('/', at);
    bool last = slash == std::string::npos;
    std::string part = relative.substr(at, last ? std::string::npos : slash - at);
    if (part == "..") return Result<Fd>::failure(EXDEV);
    const char* name = part.empty() ? "." : part.c_str();
    int flags = O_NOFOLLOW | (last ? last_flags : O_PATH | O_DIRECTORY | O_CLOEXEC);
    Fd next(retry([&] { return ::openat(here.get(), name, flags); }));
    if (!next) return Result<Fd>::failure(errno);
    if (last) return Result<Fd>(std::move(next));
    here = std::move(next);
    at = slash + 1;
  }
}

Result<Fd> open_by(int root, const std::string& relative, int flags, std::uint64_t resolve) {
  if (!has(Feature::openat2)) return walk_beneath(root, relative, flags);
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve;
  const char* path = relative.empty() ? "." : relative.c_str();
  // EAGAIN: a rename raced with the walk of `..`; the kernel asks to try again.
  for (int tries = 0; tries < 8; ++tries) {
    Fd fd(static_cast<int>(::syscall(SYS_openat2, root, path, &how, sizeof how)));
    if (fd) return Result<Fd>(std::move(fd));
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return Result<Fd>::failure(errno);
}

}  // namespace

void Fd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Result<std::size_t> read(int fd, std::span<std::byte> into) {
  Asleep asleep;
  into = some_of(into);
  return moved(into, retry([&] { return ::read(fd, into.data(), into.size()); }));
}
Result<std::size_t> write(int fd, std::span<const std::byte> from) {
  Asleep asleep;
  from = some_of(from);
  return moved(from, retry([&] { return ::write(fd, from.data(), from.size()); }));
}
Result<std::size_t> pread(int fd, std::span<std::byte> into, std::uint64_t offset) {
  Asleep asleep;
  return moved(into, retry([&] {
                 return ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
               }));
}
Result<std::size_t> pread_at_hand(int fd, std::span<std::byte> into, std::uint64_t offset) {
  return moved(into, retry([&] {
                 return ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
               }));
}
Result<std::size_t> pread_cached(int fd, std::span<std::byte> into, std::uint64_t offset) {
  iovec part{into.data(), into.size()};
  ssize_t n =
      retry([&] { return ::preadv2(fd, &part, 1, static_cast<off_t>(offset), RWF_NOWAIT); });
  // A part of it is of no use: the caller would have to wait for the rest.
  if (n >= 0 && static_cast<std::size_t>(n) < into.size()) {
    return Result<std::size_t>::failure(EAGAIN);
  }
  return answer<std::size_t>(n);
}
Result<std::size_t> read_at_hand(int fd, std::span<std::byte> into) {
  return moved(into, retry([&] { return ::read(fd, into.data(), into.size()); }));
}

Result<std::array<Fd, 2>> pipe(bool nonblocking_read_end) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Result<std::array<Fd, 2>>::failure(errno);
  std::array<Fd, 2> both{Fd(ends[0]), Fd(ends[1])};
  if (nonblocking_read_end) {
    if (auto set = set_nonblocking(both[0].get(), true); !set) {
      return Result<std::array<Fd, 2>>::failure(set.error());
    }
  }
  return Result<std::array<Fd, 2>>(std::move(both));
}

Result<void> set_nonblocking(int fd, bool on) {
  int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return Result<void>::failure(errno);
  return done(::fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

Result<Fd> open_directory(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd ? Result<Fd>(std::move(fd)) : Result<Fd>::failure(errno);
}

Result<Fd> open_beneath(int root, const std::string& relative) {
  return open_by(root, relative, kReadFlags, 0);
}
Result<Fd> open_folder_beneath(int root, const std::string& relative, bool follow_links) {
  return open_by(root, relative, kFolderFlags, follow_links ? 0 : RESOLVE_NO_SYMLINKS);
}

Result<FileInfo> file_info(int fd) {
  struct stat s;
  if (::fstat(fd, &s) != 0) return Result<FileInfo>::failure(errno);
  return Result<FileInfo>(as_info(s));
}

void drop_from_cache(int fd) {
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

}  // namespace weft::lwp::os
