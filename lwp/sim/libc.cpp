// SPDX-License-Identifier: BSL-1.0
// The C library's calls that wait, as the explored program itself makes them: in its world they
// keep their kernel thread, and so the LWP with every fiber on it, until what they wait for is
// there. This program defines them for the libraries it loads; whoever else calls gets the kernel.
#include <cerrno>
#include <ctime>
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lwp/sim/point.hpp"

namespace {

namespace sim = weft::lwp::sim;

bool ready_now(int fd, short events) {
  pollfd one{fd, events, 0};
  long n;
  do n = ::syscall(SYS_poll, &one, 1, 0);
  while (n < 0 && errno == EINTR);  // the Guard's timers
  return n != 0;
}

// The call of the program's own is interrupted by a signal.
bool interrupted() {
  if (!sim::fault("is interrupted by a signal (EINTR)")) return false;
  errno = EINTR;
  return true;
}
// The kernel takes or gives a part only, as it may.
size_t part_of(size_t size) {
  return size > 1 && sim::fault("moves one byte only") ? 1 : size;
}

void wait_for(int fd, short events, const char* call) {
  sim::wait_in_kernel([=] { return ready_now(fd, events); }, INT64_MAX, call);
}

sim::Nanos nanos(const timespec& t) {
  return static_cast<sim::Nanos>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

void sleep_until(sim::Nanos when, const char* call) {
  sim::wait_in_kernel([] { return false; }, when, call);
}

// The C library's own function of that name; `n` tells them apart.
template <int n, class Function>
Function glibc(Function, const char* name) {
  static const auto own = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
  return own;
}

}  // namespace

#define WEFT_BY_PROGRAM sim::by_program(__builtin_return_address(0))

extern "C" {

ssize_t read(int fd, void* into, size_t size) {
  if (WEFT_BY_PROGRAM) {
    if (interrupted()) return -1;
    wait_for(fd, POLLIN, "read");
    size = part_of(size);
  }
  return ::syscall(SYS_read, fd, into, size);
}
ssize_t write(int fd, const void* from, size_t size) {
  if (WEFT_BY_PROGRAM) {
    if (interrupted()) return -1;
    wait_for(fd, POLLOUT, "write");
    size = part_of(size);
  }
  return ::syscall(SYS_write, fd, from, size);
}
ssize_t recv(int fd, void* into, size_t size, int flags) {
  if (WEFT_BY_PROGRAM && (flags & MSG_DONTWAIT) == 0) {
    if (interrupted()) return -1;
    wait_for(fd, POLLIN, "recv");
    size = part_of(size);
  }
  return ::syscall(SYS_recvfrom, fd, into, size, flags, nullptr, nullptr);
}
ssize_t send(int fd, const void* from, size_t size, int flags) {
  if (WEFT_BY_PROGRAM && (flags & MSG_DONTWAIT) == 0) {
    if (interrupted()) return -1;
    wait_for(fd, POLLOUT, "send");
    size = part_of(size);
  }
  return ::syscall(SYS_sendto, fd, from, size, flags, nullptr, 0);
}
int poll(pollfd* all, nfds_t count, int milliseconds) {
  auto now = [=] { return ::syscall(SYS_poll, all, count, 0) != 0; };
  if (!WEFT_BY_PROGRAM) return static_cast<int>(::syscall(SYS_poll, all, count, milliseconds));
  const auto deadline = milliseconds < 0 ? INT64_MAX : sim::now() + milliseconds * 1'000'000LL;
  sim::wait_in_kernel(now, deadline, "poll");
  return static_cast<int>(::syscall(SYS_poll, all, count, 0));
}
int nanosleep(const timespec* duration, timespec* left) {
  if (!WEFT_BY_PROGRAM) return static_cast<int>(::syscall(SYS_nanosleep, duration, left));
  sleep_until(sim::now() + nanos(*duration), "nanosleep");
  return 0;
}
int clock_nanosleep(clockid_t clock, int flags, const timespec* request, timespec* left) {
  if (!WEFT_BY_PROGRAM) {
    return ::syscall(SYS_clock_nanosleep, clock, flags, request, left) == 0 ? 0 : errno;
  }
  const bool absolute = (flags & TIMER_ABSTIME) != 0;
  sleep_until((absolute ? 0 : sim::now()) + nanos(*request), "clock_nanosleep");
  return 0;
}
int usleep(useconds_t microseconds) {
  const timespec t{microseconds / 1'000'000, microseconds % 1'000'000 * 1000L};
  if (!WEFT_BY_PROGRAM) return static_cast<int>(::syscall(SYS_nanosleep, &t, nullptr));
  sleep_until(sim::now() + nanos(t), "usleep");
  return 0;
}
unsigned sleep(unsigned seconds) {
  const timespec t{static_cast<time_t>(seconds), 0};
  if (!WEFT_BY_PROGRAM) {
    ::syscall(SYS_nanosleep, &t, nullptr);
  } else {
    sleep_until(sim::now() + nanos(t), "sleep");
  }
  return 0;
}
// A mutex of the C library's, and so std::mutex: who finds it locked keeps its LWP.
int pthread_mutex_lock(pthread_mutex_t* mutex) {
  if (WEFT_BY_PROGRAM) {
    sim::point(mutex, sim::Access::write, "locks", __builtin_return_address(0));
    sim::wait_in_kernel([=] { return mutex->__data.__lock == 0; }, INT64_MAX, "pthread_mutex_lock");
    sim::order(mutex, true, false);
  }
  return glibc<0>(&pthread_mutex_lock, "pthread_mutex_lock")(mutex);
}
int pthread_mutex_trylock(pthread_mutex_t* mutex) {
  const bool by_program = WEFT_BY_PROGRAM;
  if (by_program)
    sim::point(mutex, sim::Access::write, "tries to lock", __builtin_return_address(0));
  const int result = glibc<1>(&pthread_mutex_trylock, "pthread_mutex_trylock")(mutex);
  if (by_program && result == 0) sim::order(mutex, true, false);
  return result;
}
int pthread_mutex_unlock(pthread_mutex_t* mutex) {
  if (WEFT_BY_PROGRAM) {
    sim::point(mutex, sim::Access::write, "unlocks", __builtin_return_address(0));
    sim::order(mutex, false, true);
  }
  return glibc<2>(&pthread_mutex_unlock, "pthread_mutex_unlock")(mutex);
}

int sched_yield() {
  if (!WEFT_BY_PROGRAM) return static_cast<int>(::syscall(SYS_sched_yield));
  sim::spin();
  return 0;
}

}  // extern "C"
