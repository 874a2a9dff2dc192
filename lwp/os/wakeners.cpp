// SPDX-License-Identifier: BSL-1.0
// What wakes a sleeper of a Poller: the simulated world has its own (lwp/sim/kernel.cpp).
#include <algorithm>
#include <mutex>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <system_error>
#include <unistd.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {
namespace {

// All there are, for ring_due().
std::mutex alarms_lock;
Alarm* alarms = nullptr;

int descriptor(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return fd;
}

}  // namespace

Bell::Bell() : fd_(descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {}
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
    : fd_(descriptor(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
                     "timerfd_create")) {
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
