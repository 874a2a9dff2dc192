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

}  // namespace weft::lwp::os
