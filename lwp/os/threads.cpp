// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <climits>
#include <csignal>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {

static_assert(sizeof(atomic<std::uint32_t>) == sizeof(std::uint32_t));

void futex_wait(const atomic<std::uint32_t>& word, std::uint32_t expected, Nanos deadline) {
  KeepErrno keep;
  Asleep asleep;
  if (clock_is_manual() && deadline != kNever) {
    timespec step = to_timespec(kMillisecond);
    ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, &step, nullptr, 0);
    return;
  }
  timespec until = to_timespec(deadline);
  // FUTEX_WAIT_BITSET takes an absolute CLOCK_MONOTONIC time, so no clock is read here.
  ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected,
            deadline == kNever ? nullptr : &until, nullptr, FUTEX_BITSET_MATCH_ANY);
}

void futex_wake(const atomic<std::uint32_t>& word, int count) {
  KeepErrno keep;
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

void yield_cpu() {
  ::sched_yield();
}

void sleep_until(Nanos deadline) {
  Asleep asleep;
  timespec until = to_timespec(deadline);
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

int thread_id() {
  return static_cast<int>(::syscall(SYS_gettid));
}

namespace {
constexpr int kInterrupt = SIGURG;
atomic<void (*)()> interrupt_handler{nullptr};
}  // namespace

void on_interrupt(void (*handler)()) {
  interrupt_handler.store(handler);
  struct sigaction action {};
  action.sa_handler = [](int) {
    KeepErrno keep;
    interrupt_handler.load()();
  };
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(kInterrupt, &action, nullptr);
}

void let_interrupt() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, kInterrupt);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void interrupt(int thread_id) {
  KeepErrno keep;
  ::syscall(SYS_tgkill, ::getpid(), thread_id, kInterrupt);
}

NoInterrupt::NoInterrupt() {
  if (interrupt_handler.load() == nullptr) return;
  sigset_t set, before;
  ::sigemptyset(&set);
  ::sigaddset(&set, kInterrupt);
  ::pthread_sigmask(SIG_BLOCK, &set, &before);
  blocked_ = ::sigismember(&before, kInterrupt) == 0;
}
NoInterrupt::~NoInterrupt() {
  if (blocked_) let_interrupt();
}

struct Thread::Impl {
  pthread_t handle;
  std::string name;
  std::function<void()> body;
  bool metered = true;
};

namespace detail {
void thread_begins();  // idle_meter.cpp
void thread_ends();
}  // namespace detail

Thread::Thread(std::string_view name, std::function<void()> body, std::size_t stack_bytes)
    : impl_(new Impl{{}, std::string(name.substr(0, 15)), std::move(body)}) {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  if (stack_bytes != 0) {
    ::pthread_attr_setstacksize(&attributes,
                                std::max(stack_bytes, static_cast<std::size_t>(PTHREAD_STACK_MIN)));
  }
  // Signals go to whoever asked for them by signal_fd, never to a thread in the middle of a switch;
  // faults, which are a thread's own, excepted.
  sigset_t all, before;
  ::sigfillset(&all);
  for (int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP}) ::sigdelset(&all, fault);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  detail::thread_begins();  // counted as awake from here, so that the meter sees no gap
  int error = ::pthread_create(
      &impl_->handle, &attributes,
      [](void* argument) -> void* {
        auto* self = static_cast<Impl*>(argument);
        ::pthread_setname_np(::pthread_self(), self->name.c_str());
        AlternateStack for_faults;
        self->body();
        detail::thread_ends();
        return nullptr;
      },
      impl_);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::pthread_attr_destroy(&attributes);
  if (error != 0) {
    detail::thread_ends();
    delete std::exchange(impl_, nullptr);
    throw std::system_error(error, std::generic_category(), "a kernel thread could not be made");
  }
}

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
  {
    Asleep asleep;
    ::pthread_join(impl_->handle, nullptr);
  }
  delete std::exchange(impl_, nullptr);
}

std::vector<int> allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return {0};
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

Result<void> confine_to(std::span<const int> cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int cpu : cpus) {
    if (cpu < 0 || cpu >= CPU_SETSIZE) return Result<void>::failure(EINVAL);
    CPU_SET(cpu, &set);
  }
  return done(::sched_setaffinity(0, sizeof set, &set));
}

bool run_only_when_idle() {
  sched_param none{};
  return ::sched_setscheduler(0, SCHED_IDLE, &none) == 0;
}

void exact_timers() {
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
}

bool membarrier() {
  return has(Feature::membarrier) &&
         ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
}

}  // namespace weft::lwp::os
