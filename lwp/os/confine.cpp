// SPDX-License-Identifier: BSL-1.0
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lwp/os.hpp"

namespace weft::lwp::os {
namespace {

bool write_file(const char* path, const std::string& text) {
  Fd fd(::open(path, O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// As whom we are, with this user's rights over what we mount, and over nothing else.
bool own_mounts() {
  const std::string user = std::to_string(::geteuid()), group = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  write_file("/proc/self/setgroups", "deny");
  return write_file("/proc/self/uid_map", user + " " + user + " 1") &&
         write_file("/proc/self/gid_map", group + " " + group + " 1") &&
         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

bool make_all_read_only() {
#if defined(SYS_mount_setattr) && defined(MOUNT_ATTR_RDONLY)
  mount_attr to{};
  to.attr_set = MOUNT_ATTR_RDONLY;
  return ::syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &to, sizeof to) == 0;
#else
  return false;
#endif
}

}  // namespace

bool confine(const std::vector<std::string>& hidden) {
  if (!own_mounts()) return false;
  for (const std::string& folder : hidden) {
    constexpr unsigned long kFlags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
    if (::access(folder.c_str(), F_OK) != 0) continue;
    if (::mount("none", folder.c_str(), "tmpfs", kFlags, "size=4k") != 0) return false;
  }
  return make_all_read_only();
}

}  // namespace weft::lwp::os
