// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <mutex>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <system_error>
#include <unistd.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {
namespace {

Fd checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return Fd(fd);
}

std::uint32_t epoll_bits(std::uint32_t interest, Poller::Trigger trigger) {
  // A peer that sends no more is news for readers only: whoever waits to write would spin on it.
  std::uint32_t bits = 0;
  if (interest & kReadable) bits |= EPOLLIN | EPOLLRDHUP;
  if (interest & kWritable) bits |= EPOLLOUT;
  if (trigger == Poller::Trigger::edge) bits |= EPOLLET;
  if (trigger == Poller::Trigger::oneshot) bits |= EPOLLONESHOT;
  return bits;
}

int control(int set, int operation, int fd, std::uint32_t bits, void* tag) {
  epoll_event event{};
  event.events = bits;
  event.data.ptr = tag;
  return ::epoll_ctl(set, operation, fd, &event);
}

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

// All there are, for ring_due().
std::mutex alarms_lock;
Alarm* alarms = nullptr;

}  // namespace

Poller::Poller() : fd_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}

Result<void> Poller::add(int fd, std::uint32_t interest, Trigger trigger, void* tag) {
  KeepErrno keep;
  return done(control(fd_.get(), EPOLL_CTL_ADD, fd, epoll_bits(interest, trigger), tag));
}
Result<void> Poller::change(int fd, std::uint32_t interest, Trigger trigger, void* tag) {
  KeepErrno keep;
  return done(control(fd_.get(), EPOLL_CTL_MOD, fd, epoll_bits(interest, trigger), tag));
}
void Poller::remove(int fd) {
  control(fd_.get(), EPOLL_CTL_DEL, fd, 0, nullptr);
}

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

Bell::Bell() : fd_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {}
void Bell::ring() {
  KeepErrno keep;
  std::uint64_t one = 1;
  [[maybe_unused]] auto n = ::write(fd_.get(), &one, sizeof one);
}
void Bell::clear() {
  std::uint64_t count;
  [[maybe_unused]] auto n = ::read(fd_.get(), &count, sizeof count);
}

Alarm::Alarm()
    : fd_(checked(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd")) {
  std::lock_guard lock(alarms_lock);
  next_ = alarms;
  back_ = &alarms;
  if (next_ != nullptr) next_->back_ = &next_;
  alarms = this;
}
Alarm::~Alarm() {
  std::lock_guard lock(alarms_lock);
  *back_ = next_;
  if (next_ != nullptr) next_->back_ = back_;
}

void Alarm::set(Nanos deadline) {
  if (!clock_is_manual()) return arm(deadline);
  arm(kNever);  // first: what ring_due() does from here on must not be undone
  manual_deadline_.store(deadline, memory_order_seq_cst);
  fence();  // pairs with ring_due(): it sees the deadline, or we see the time
  if (deadline <= now()) arm(0);
}
void Alarm::arm(Nanos deadline) {
  itimerspec when{};
  // A time of zero would disarm: the past is one nanosecond after the epoch.
  if (deadline != kNever) when.it_value = to_timespec(std::max<Nanos>(deadline, 1));
  ::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}
void Alarm::ring_due() {
  fence();  // pairs with set()
  std::lock_guard lock(alarms_lock);
  for (Alarm* a = alarms; a != nullptr; a = a->next_) {
    if (a->manual_deadline_.load(memory_order_seq_cst) <= now()) a->arm(0);
  }
}

}  // namespace weft::lwp::os
