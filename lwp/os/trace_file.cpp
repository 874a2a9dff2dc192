// SPDX-License-Identifier: BSL-1.0
// Files that are memory, and grow: for recordings.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lwp/os/kernel.hpp"
#include "lwp/trace/format.hpp"

namespace weft::lwp::os {

Result<Fd> create_file(const std::string& path, bool empty) {
  const int flags = O_RDWR | O_CREAT | O_CLOEXEC | (empty ? O_TRUNC : 0);
  int fd = retry([&] { return ::open(path.c_str(), flags, 0666); });
  return fd < 0 ? Result<Fd>::failure(errno) : Result<Fd>(Fd(fd));
}

// Other processes append, too: one at a time.
Result<std::span<std::byte>> append_mapped(int fd, std::size_t bytes) {
  using Answer = Result<std::span<std::byte>>;
  if (retry([&] { return ::flock(fd, LOCK_EX); }) != 0) return Answer::failure(errno);
  struct stat now {};
  int error = ::fstat(fd, &now) == 0 ? 0 : errno;
  // Where readers look; and taken from the disk now, because a store has no way to say that it is
  // full.
  const auto unit = static_cast<off_t>(std::max(trace::kChunkBytes, page_size()));
  const off_t from = (now.st_size + unit - 1) / unit * unit;
  if (error == 0) error = ::posix_fallocate(fd, from, static_cast<off_t>(bytes));
  ::flock(fd, LOCK_UN);
  if (error != 0) return Answer::failure(error);
  void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, from);
  if (at == MAP_FAILED) return Answer::failure(errno);
  // A first write to each page is a fault, too: here, not in who records.
  auto* pages = static_cast<volatile std::byte*>(at);
  for (std::size_t i = 0; i < bytes; i += page_size()) pages[i] = std::byte{0};
  return Answer(std::span(static_cast<std::byte*>(at), bytes));
}

void unmap(std::span<std::byte> memory) {
  ::munmap(memory.data(), memory.size());
}

ScheduleTimes schedule_times(int thread_id) {
  char path[64] = "/proc/self/task/";
  char* end = std::to_chars(path + std::strlen(path), path + 40, thread_id).ptr;
  std::strcpy(end, "/schedstat");
  Fd fd(::open(path, O_RDONLY | O_CLOEXEC));
  char text[96];
  const ssize_t n = fd ? ::read(fd.get(), text, sizeof text) : -1;
  ScheduleTimes times;
  if (n <= 0) return times;
  auto first = std::from_chars(text, text + n, times.ran);
  if (first.ptr < text + n) std::from_chars(first.ptr + 1, text + n, times.waited);
  return times;
}

}  // namespace weft::lwp::os
