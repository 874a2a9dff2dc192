// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {
namespace {

std::vector<std::string> hidden_names() {
  std::vector<std::string> names;
  const char* text = std::getenv("WEFT_WITHOUT");
  std::string_view rest = text == nullptr ? "" : text;
  while (!rest.empty()) {
    std::size_t comma = std::min(rest.find(','), rest.size());
    if (comma > 0) names.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return names;
}

bool can_install_guards() {
  long page = ::sysconf(_SC_PAGESIZE);
  void* at = ::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return false;
  bool can = ::madvise(at, page, kMadvGuardInstall) == 0;
  ::munmap(at, 2 * page);
  return can;
}

bool can_open_beneath() {
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH;
  long fd = ::syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof how);
  if (fd >= 0) ::close(static_cast<int>(fd));
  return fd >= 0;
}

bool can_read_own_syscall() {
  Fd fd(::open("/proc/thread-self/syscall", O_RDONLY | O_CLOEXEC));
  char text[8];
  return fd && ::read(fd.get(), text, sizeof text) > 0;
}

bool can_set_up_ring() {
#ifdef SYS_io_uring_setup
  // A null parameter block: EFAULT says the call exists and is allowed, ENOSYS or EPERM that not.
  return ::syscall(SYS_io_uring_setup, 1, nullptr) < 0 && errno == EFAULT;
#else
  return false;
#endif
}

bool can_membarrier() {
  return ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

// Whether the kernel knows them at all; who may have one is seen when one is asked for.
bool can_have_namespaces() {
  Fd fd(::open("/proc/sys/user/max_user_namespaces", O_RDONLY | O_CLOEXEC));
  char first = '0';
  return fd && ::read(fd.get(), &first, 1) == 1 && first != '0';
}

bool probe(Feature f) {
  auto hidden = hidden_names();
  if (std::ranges::find(hidden, name(f)) != hidden.end()) return false;
  switch (f) {
    case Feature::guard_install:
      return can_install_guards();
    case Feature::io_uring:
      return can_set_up_ring();
    case Feature::openat2:
      return can_open_beneath();
    case Feature::proc_syscall:
      return can_read_own_syscall();
    case Feature::membarrier:
      return can_membarrier();
    case Feature::namespaces:
      return can_have_namespaces();
  }
  return false;
}

}  // namespace

std::string_view name(Feature f) {
  switch (f) {
    case Feature::guard_install:
      return "guard_install";
    case Feature::io_uring:
      return "io_uring";
    case Feature::openat2:
      return "openat2";
    case Feature::proc_syscall:
      return "proc_syscall";
    case Feature::membarrier:
      return "membarrier";
    case Feature::namespaces:
      return "namespaces";
  }
  return "?";
}

std::string_view without(Feature f) {
  switch (f) {
    case Feature::guard_install:
      return "stacks are guarded by mprotect: slower to make, at most some 32,000 of them";
    case Feature::io_uring:
      return "the fsm in its form uring has helper threads for its disk, as in its form amped";
    case Feature::openat2:
      return "the file service refuses every symbolic link";
    case Feature::proc_syscall:
      return "the dump cannot name the system call that blocks an LWP";
    case Feature::membarrier:
      return "an LWP's run permit cannot be taken away while it blocks";
    case Feature::namespaces:
      return "code that is graded sees the machine's network";
  }
  return "";
}

bool has(Feature f) {
  static const auto answers = [] {
    std::array<bool, kFeatures.size()> found{};
    for (Feature each : kFeatures) found[static_cast<std::size_t>(each)] = probe(each);
    return found;
  }();
  return answers[static_cast<std::size_t>(f)];
}

std::vector<std::string> unknown_in_weft_without() {
  auto names = hidden_names();
  std::erase_if(names, [](const std::string& word) {
    return std::ranges::any_of(kFeatures, [&](Feature f) { return name(f) == word; });
  });
  return names;
}

}  // namespace weft::lwp::os
