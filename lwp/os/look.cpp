// SPDX-License-Identifier: BSL-1.0
#include <charconv>
#include <fcntl.h>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {
namespace {

// Path of one file of /proc/self/task/<id>/, built without allocating.
class ProcPath {
 public:
  ProcPath(int thread_id, std::string_view file) {
    append("/proc/self/task/");
    char digits[16];
    auto end = std::to_chars(digits, digits + sizeof digits, thread_id).ptr;
    append({digits, static_cast<std::size_t>(end - digits)});
    append(file);
  }
  const char* c_str() const { return text_; }

 private:
  void append(std::string_view part) {
    for (char c : part) {
      if (size_ + 1 < sizeof text_) text_[size_++] = c;
    }
    text_[size_] = '\0';
  }
  char text_[64] = {};
  std::size_t size_ = 0;
};

std::string_view read_file(const char* path, std::span<char> into) {
  Fd fd(::open(path, O_RDONLY | O_CLOEXEC));
  ssize_t n = fd ? ::read(fd.get(), into.data(), into.size()) : -1;
  return {into.data(), n < 0 ? 0 : static_cast<std::size_t>(n)};
}

const char* call_name(long number) {
  switch (number) {
    case SYS_read:
      return "read";
    case SYS_write:
      return "write";
    case SYS_pread64:
      return "pread";
    case SYS_pwrite64:
      return "pwrite";
    case SYS_preadv2:
      return "preadv2";
    case SYS_fsync:
      return "fsync";
    case SYS_fdatasync:
      return "fdatasync";
    case SYS_flock:
      return "flock";
    case SYS_futex:
      return "futex";
    case SYS_nanosleep:
      return "nanosleep";
    case SYS_clock_nanosleep:
      return "clock_nanosleep";
    case SYS_ppoll:
      return "ppoll";
    case SYS_epoll_pwait:
      return "epoll_pwait";
#ifdef SYS_epoll_pwait2
    case SYS_epoll_pwait2:
      return "epoll_pwait2";
#endif
#ifdef SYS_epoll_wait
    case SYS_epoll_wait:
      return "epoll_wait";
#endif
#ifdef SYS_poll
    case SYS_poll:
      return "poll";
#endif
    case SYS_openat:
      return "openat";
    case SYS_openat2:
      return "openat2";
    case SYS_recvfrom:
      return "recvfrom";
    case SYS_sendto:
      return "sendto";
    case SYS_accept4:
      return "accept4";
    case SYS_wait4:
      return "wait4";
    default:
      return "a system call";
  }
}

}  // namespace

ThreadLook look_at_thread(int thread_id) {
  ThreadLook look;
  char buffer[512];
  auto stat = read_file(ProcPath(thread_id, "/stat").c_str(), buffer);
  // "id (name) S …": the name may itself contain parentheses, so search from the end.
  auto name_end = stat.rfind(')');
  if (name_end != std::string_view::npos && name_end + 2 < stat.size())
    look.state = stat[name_end + 2];
  if (look.state == 'R' || !has(Feature::proc_syscall)) return look;
  auto syscall = read_file(ProcPath(thread_id, "/syscall").c_str(), buffer);
  long number = -1;
  auto parsed = std::from_chars(syscall.data(), syscall.data() + syscall.size(), number);
  if (parsed.ec != std::errc() || number < 0) return look;
  look.call = call_name(number);
  auto hex = syscall.find("0x");
  if (hex != std::string_view::npos) {
    unsigned long value = 0;
    std::from_chars(syscall.data() + hex + 2, syscall.data() + syscall.size(), value, 16);
    look.first_argument = static_cast<long>(value);
  }
  return look;
}

void write_out(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t n = retry([&] { return ::write(fd, text.data(), text.size()); });
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace weft::lwp::os
