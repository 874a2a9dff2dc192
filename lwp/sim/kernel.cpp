// SPDX-License-Identifier: BSL-1.0
// What of os.hpp waits, knows the time or makes threads, in the simulated world. The rest is the
// real one: with one kernel thread, calls that do not wait answer the same each time.
#include "lwp/os/kernel.hpp"

#include <algorithm>
#include <deque>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <vector>

#include "lwp/sim/point.hpp"

namespace weft::lwp::os {
namespace {

using sim::Access;
using Place = std::source_location;

struct Sleeper {
  const void* word;
  bool woken = false;
};
// Of all futexes, in the order in which they fell asleep. Of one run: the last one left nothing.
std::deque<Sleeper*> sleepers;

// Of one run, too.
std::vector<Alarm*> alarms;

void add_one(int fd) {
  const std::uint64_t one = 1;
  [[maybe_unused]] auto n = ::write(fd, &one, sizeof one);
}

bool ready_now(int fd, short events) {
  // The Guard's timers interrupt even what does not wait.
  pollfd one{fd, events, 0};
  return retry([&] { return ::poll(&one, 1, 0); }) != 0;
}

}  // namespace
}  // namespace weft::lwp::os

void weft::lwp::sim::forget_sleepers() {
  os::sleepers.clear();
  os::alarms.clear();
}

namespace weft::lwp::os {

// ---- clocks: there is one, and it is the world's ---------------------------------------------

bool clock_is_manual() {
  return true;
}
Nanos now() {
  return sim::running() ? sim::now() : kSecond;
}
Nanos wall_now() {
  return now();
}
Nanos thread_cpu() {
  return now();
}
Nanos process_cpu() {
  return now();
}

// ---- threads -----------------------------------------------------------------------------------

void futex_wait(const atomic<std::uint32_t>& word, std::uint32_t expected, Nanos deadline) {
  if (word.load(memory_order_seq_cst) != expected) return;
  Sleeper self{&word};
  sleepers.push_back(&self);
  sim::wait_until([&] { return self.woken; }, deadline, "futex wait", &word);
  std::erase(sleepers, &self);
}

void futex_wake(const atomic<std::uint32_t>& word, int count) {
  sim::point(&word, Access::write, "futex wake", Place::current());
  for (Sleeper* s : sleepers) {
    if (count == 0) return;
    if (s->word != &word || s->woken) continue;
    s->woken = true;
    --count;
  }
}

void yield_cpu() {
  sim::spin();
}
void sleep_until(Nanos deadline) {
  sim::wait_until([] { return false; }, deadline, "sleep", nullptr);
}
int thread_id() {
  return sim::running() ? sim::current_thread() + 1 : 0;
}

struct Thread::Impl {
  int thread;
};
Thread::Thread(std::string_view name, std::function<void()> body, std::size_t)
    : impl_(new Impl{sim::start_thread(name, std::move(body))}) {}
Thread::Thread(Thread&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)) {}
Thread& Thread::operator=(Thread&& other) noexcept {
  if (this != &other) {
    join();
    impl_ = std::exchange(other.impl_, nullptr);
  }
  return *this;
}
Thread::~Thread() {
  join();
}
void Thread::join() {
  if (impl_ == nullptr) return;
  sim::wait_until([this] { return sim::has_ended(impl_->thread); }, kNever, "join", impl_);
  sim::joined(impl_->thread);
  delete std::exchange(impl_, nullptr);
}

std::vector<int> allowed_cpus() {
  return {0, 1};
}
Result<void> confine_to(std::span<const int>) {
  return {};
}
bool run_only_when_idle() {
  return true;
}
void exact_timers() {}
bool membarrier() {
  sim::point(&sleepers, Access::read, "membarrier", Place::current());
  return true;
}

// No signals here: a thread that is interrupted goes on to its next point.
void on_interrupt(void (*)()) {}
void let_interrupt() {}
void interrupt(int) {}

// ---- what is seen of threads -------------------------------------------------------------------

ThreadLook look_at_thread(int) {
  return {};
}
void each_thread(void (*)(int, std::string_view, void*), void*) {}
ThreadWatch::~ThreadWatch() = default;
void ThreadWatch::watch(int id) {
  thread_id_ = id;
}
ThreadLook ThreadWatch::look() const {
  return {};
}
Nanos thread_cpu_of(int) {
  return now();
}
std::string_view descriptor_path(int, std::span<char>) {
  return {};
}

// ---- faults: sim::Guard's affair ---------------------------------------------------------------

void on_fault(FaultHandler) {}
void on_crash(void (*)()) {}
void refused_by_kernel(const void*, std::size_t) {}
AlternateStack::AlternateStack() = default;
AlternateStack::~AlternateStack() = default;

// ---- features ----------------------------------------------------------------------------------

bool has(Feature f) {
  return f == Feature::membarrier;
}

// ---- waiting for descriptors
// ---------------------------------------------------------------------

std::size_t Poller::wait(std::span<Ready> into, Nanos deadline) {
  sim::point(&alarms, Access::read, "poll", Place::current());
  auto ready = [this] {
    Alarm::ring_due();
    return ready_now(fd_.get(), POLLIN);
  };
  if (deadline > 0) {
    sim::wait_until(ready, deadline, "poll", this);
  } else {
    ready();
  }
  epoll_event events[64];
  const int room = static_cast<int>(std::min<std::size_t>(into.size(), 64));
  const int n = retry([&] { return ::epoll_wait(fd_.get(), events, room, 0); });
  for (int i = 0; i < n; ++i) {
    const std::uint32_t bits = events[i].events;
    std::uint32_t interest = 0;
    if (bits & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) interest |= kReadable;
    if (bits & (EPOLLOUT | EPOLLERR | EPOLLHUP)) interest |= kWritable;
    into[static_cast<std::size_t>(i)] = {events[i].data.ptr, interest};
  }
  return n < 0 ? 0 : static_cast<std::size_t>(n);
}

bool wait_ready(int fd, std::uint32_t interest, Nanos deadline) {
  const auto events = static_cast<short>(((interest & kReadable) ? POLLIN : 0) |
                                         ((interest & kWritable) ? POLLOUT : 0));
  return sim::wait_until([&] { return ready_now(fd, events); }, deadline, "poll", nullptr);
}

Bell::Bell() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
void Bell::ring() {
  sim::point(&alarms, Access::write, "ring", Place::current());
  add_one(fd_.get());
}
void Bell::clear() {
  std::uint64_t count;
  [[maybe_unused]] auto n = ::read(fd_.get(), &count, sizeof count);
}

// An event counter that counts once the world's clock is there.
Alarm::Alarm() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), next_(nullptr), back_(nullptr) {
  alarms.push_back(this);
}
Alarm::~Alarm() {
  sim::alarm_at(this, kNever);
  std::erase(alarms, this);
}
void Alarm::set(Nanos deadline) {
  sim::point(&alarms, Access::write, "set alarm", Place::current());
  manual_deadline_.poke(deadline);
  sim::alarm_at(this, deadline);
}
void Alarm::arm(Nanos) {
  add_one(fd_.get());
}
void Alarm::ring_due() {
  for (Alarm* a : alarms) {
    if (a->manual_deadline_.peek() > now()) continue;
    a->manual_deadline_.poke(kNever);
    a->arm(0);
  }
}

void not_metered() {}
Asleep::Asleep() = default;
Asleep::~Asleep() = default;

}  // namespace weft::lwp::os
