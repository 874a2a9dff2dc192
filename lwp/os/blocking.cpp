// SPDX-License-Identifier: BSL-1.0
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <sys/file.h>
#include <unistd.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {

Result<Fd> open_file(const std::string& path) {
  int fd = retry([&] { return ::open(path.c_str(), O_RDWR | O_CLOEXEC); });
  return fd < 0 ? Result<Fd>::failure(errno) : Result<Fd>(Fd(fd));
}

Result<void> sync_file(int fd) {
  Asleep asleep;
  return done(retry([&] { return ::fsync(fd); }));
}

Result<void> lock_file(int fd) {
  Asleep asleep;
  return done(retry([&] { return ::flock(fd, LOCK_EX); }));
}

bool resolve(const char* host) {
  Asleep asleep;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host, nullptr, nullptr, &found) != 0) return false;
  ::freeaddrinfo(found);
  return true;
}

struct LibraryMutex::Impl {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
};

LibraryMutex::LibraryMutex() : impl_(new Impl) {}
LibraryMutex::~LibraryMutex() {
  delete impl_;
}
void LibraryMutex::lock() {
  Asleep asleep;
  ::pthread_mutex_lock(&impl_->mutex);
}
void LibraryMutex::unlock() {
  ::pthread_mutex_unlock(&impl_->mutex);
}

}  // namespace weft::lwp::os
