// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <dirent.h>
#include <fcntl.h>
#include <iterator>
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

struct KnownCall {
  long number;
  const char* name;
  bool of_descriptor;  // its first argument is one
};
constexpr KnownCall kCalls[] = {
    {SYS_read, "read", true},
    {SYS_write, "write", true},
    {SYS_readv, "readv", true},
    {SYS_writev, "writev", true},
    {SYS_pread64, "pread", true},
    {SYS_pwrite64, "pwrite", true},
    {SYS_preadv2, "preadv2", true},
    {SYS_pwritev2, "pwritev2", true},
    {SYS_fsync, "fsync", true},
    {SYS_fdatasync, "fdatasync", true},
    {SYS_ftruncate, "ftruncate", true},
    {SYS_fallocate, "fallocate", true},
    {SYS_getdents64, "getdents64", true},
    {SYS_flock, "flock", true},
    {SYS_fcntl, "fcntl", true},
    {SYS_ioctl, "ioctl", true},
    {SYS_recvfrom, "recvfrom", true},
    {SYS_recvmsg, "recvmsg", true},
    {SYS_sendto, "sendto", true},
    {SYS_sendmsg, "sendmsg", true},
    {SYS_sendfile, "sendfile", true},
    {SYS_splice, "splice", true},
    {SYS_connect, "connect", true},
    {SYS_accept, "accept", true},
    {SYS_accept4, "accept4", true},
    {SYS_futex, "futex", false},
    {SYS_nanosleep, "nanosleep", false},
    {SYS_clock_nanosleep, "clock_nanosleep", false},
    {SYS_ppoll, "ppoll", false},
    {SYS_pselect6, "pselect6", false},
    {SYS_epoll_pwait, "epoll_pwait", false},
#ifdef SYS_epoll_pwait2
    {SYS_epoll_pwait2, "epoll_pwait2", false},
#endif
#ifdef SYS_epoll_wait
    {SYS_epoll_wait, "epoll_wait", false},
#endif
#ifdef SYS_poll
    {SYS_poll, "poll", false},
#endif
    {SYS_openat, "openat", false},
    {SYS_openat2, "openat2", false},
    {SYS_unlinkat, "unlinkat", false},
    {SYS_msync, "msync", false},
    {SYS_wait4, "wait4", false},
    {SYS_waitid, "waitid", false},
};

// "id (name) S …": the name may itself contain parentheses, so search from the end.
char state_in(std::string_view stat) {
  auto name_end = stat.rfind(')');
  return name_end != stat.npos && name_end + 2 < stat.size() ? stat[name_end + 2] : '?';
}

// "running", or the call's number and its arguments; -1 where it sleeps outside a call (a page is
// being read in).
void read_call(std::string_view syscall, ThreadLook& look) {
  long number = -1;
  auto parsed = std::from_chars(syscall.data(), syscall.data() + syscall.size(), number);
  if (parsed.ec != std::errc() || number < 0) return;
  const auto* known = std::find_if(std::begin(kCalls), std::end(kCalls),
                                   [number](const KnownCall& c) { return c.number == number; });
  const bool is_known = known != std::end(kCalls);
  look.call = is_known ? known->name : "a system call";
  auto hex = syscall.find("0x");
  if (hex == syscall.npos) return;
  unsigned long value = 0;
  std::from_chars(syscall.data() + hex + 2, syscall.data() + syscall.size(), value, 16);
  look.first_argument = static_cast<long>(value);
  if (is_known && known->of_descriptor) look.descriptor = static_cast<int>(value);
}

}  // namespace

ThreadLook look_at_thread(int thread_id) {
  ThreadLook look;
  char buffer[512];
  look.state = state_in(read_file(ProcPath(thread_id, "/stat").c_str(), buffer));
  if (look.state == 'R' || !has(Feature::proc_syscall)) return look;
  read_call(read_file(ProcPath(thread_id, "/syscall").c_str(), buffer), look);
  return look;
}

void each_thread(void (*visit)(int, std::string_view, void*), void* context) {
  Fd folder(::open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  alignas(dirent64) char entries[2048];
  long n;
  while ((n = ::syscall(SYS_getdents64, folder.get(), entries, sizeof entries)) > 0) {
    for (long at = 0; at < n;) {
      const auto& entry = *reinterpret_cast<const dirent64*>(entries + at);
      at += entry.d_reclen;
      std::string_view digits = entry.d_name;
      int id = 0;
      auto read = std::from_chars(digits.data(), digits.data() + digits.size(), id);
      if (read.ec != std::errc()) continue;  // "." and ".."
      char comm[32];
      std::string_view name = read_file(ProcPath(id, "/comm").c_str(), comm);
      visit(id, name.substr(0, name.find('\n')), context);
    }
  }
}

ThreadWatch::~ThreadWatch() {
  Fd(fd_).reset();
}

void ThreadWatch::watch(int thread_id) {
  if (thread_id == thread_id_) return;
  Fd(fd_).reset();
  const char* file = has(Feature::proc_syscall) ? "/syscall" : "/stat";
  fd_ = ::open(ProcPath(thread_id, file).c_str(), O_RDONLY | O_CLOEXEC);
  thread_id_ = thread_id;
}

ThreadLook ThreadWatch::look() const {
  ThreadLook look;
  char buffer[512];
  ssize_t n = fd_ < 0 ? -1 : ::pread(fd_, buffer, sizeof buffer, 0);
  if (n <= 0) return look;
  std::string_view text(buffer, static_cast<std::size_t>(n));
  if (!has(Feature::proc_syscall)) {
    look.state = state_in(text);
  } else if (text.starts_with("running")) {
    look.state = 'R';
  } else {
    look.state = 'S';
    read_call(text, look);
  }
  return look;
}

Nanos thread_cpu_of(int thread_id) {
  // The kernel's clock number of a thread (clock_getcpuclockid knows processes only).
  auto clock = static_cast<clockid_t>((~static_cast<unsigned>(thread_id) << 3) | 6);
  timespec used{};
  if (::clock_gettime(clock, &used) != 0) return 0;
  return used.tv_sec * kSecond + used.tv_nsec;
}

std::string_view descriptor_path(int fd, std::span<char> into) {
  char link[32] = "/proc/self/fd/";
  auto end = std::to_chars(link + 14, link + sizeof link - 1, fd).ptr;
  *end = '\0';
  ssize_t n = ::readlink(link, into.data(), into.size());
  return {into.data(), n < 0 ? 0 : static_cast<std::size_t>(n)};
}

}  // namespace weft::lwp::os
