// SPDX-License-Identifier: BSL-1.0
// The calls of os/poller that wait. The simulated world has its own (lwp/sim/kernel.cpp).
#include <algorithm>
#include <iterator>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {
namespace {

// epoll_pwait2 takes nanoseconds (Linux 5.11); before it, round up to milliseconds.
int wait_for_events(int set, epoll_event* events, int room, Nanos deadline) {
  if (deadline == kNever) return ::epoll_wait(set, events, room, -1);
  Nanos left = deadline <= 0 ? 0 : std::max<Nanos>(deadline - now(), 0);
  if (clock_is_manual()) left = std::min(left, kMillisecond);
  if (left == 0) return ::epoll_wait(set, events, room, 0);
#ifdef SYS_epoll_pwait2
  timespec timeout = to_timespec(left);
  int n = static_cast<int>(::syscall(SYS_epoll_pwait2, set, events, room, &timeout, nullptr, 0));
  if (n >= 0 || errno != ENOSYS) return n;
#endif
  Nanos milliseconds = (left + kMillisecond - 1) / kMillisecond;
  return ::epoll_wait(set, events, room, static_cast<int>(std::min<Nanos>(milliseconds, 1 << 30)));
}

}  // namespace

std::size_t Poller::wait(std::span<Ready> into, Nanos deadline) {
  KeepErrno keep;
  epoll_event events[64];
  int room = static_cast<int>(std::min<std::size_t>(into.size(), std::size(events)));
  int n;
  if (deadline <= 0) {
    n = ::epoll_wait(fd_.get(), events, room, 0);
  } else {
    Asleep asleep;
    n = wait_for_events(fd_.get(), events, room, deadline);
  }
  for (int i = 0; i < n; ++i) {
    std::uint32_t bits = events[i].events, interest = 0;
    if (bits & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) interest |= kReadable;
    if (bits & (EPOLLOUT | EPOLLERR | EPOLLHUP)) interest |= kWritable;
    into[i] = {events[i].data.ptr, interest};
  }
  return n < 0 ? 0 : static_cast<std::size_t>(n);
}

bool wait_ready(int fd, std::uint32_t interest, Nanos deadline) {
  if (fd < 0) return true;  // the read or write that follows says EBADF; ppoll would ignore it
  pollfd one{fd, 0, 0};
  if (interest & kReadable) one.events |= POLLIN | POLLRDHUP;
  if (interest & kWritable) one.events |= POLLOUT;
  Asleep asleep;
  while (true) {
    timespec timeout{};
    Nanos left = deadline <= 0 ? 0 : deadline - now();
    if (clock_is_manual()) left = std::min(left, kMillisecond);
    if (deadline != kNever) timeout = to_timespec(left);
    int n = ::ppoll(&one, 1, deadline == kNever ? nullptr : &timeout, nullptr);
    if (n > 0) return true;
    if (n == 0 && now() >= deadline) return false;
    if (n < 0 && errno != EINTR) return true;  // let the read or write that follows name the error
  }
}

}  // namespace weft::lwp::os
