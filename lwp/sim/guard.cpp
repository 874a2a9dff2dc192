// SPDX-License-Identifier: BSL-1.0
#include "lwp/sim/guard.hpp"

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <sys/time.h>

#include "lwp/sim/point.hpp"

namespace weft::lwp::sim {
namespace {

constexpr int kCrashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr std::size_t kSignalStack = 64 * 1024;
constexpr timeval kComputing{0, 500'000};  // CPU time

std::uint64_t steps_seen = 0;  // at the last tick

const char* what(int signal) {
  switch (signal) {
    case SIGSEGV:
    case SIGBUS:
      return "a crash: it touches memory that is not its own (SIGSEGV), perhaps past its stack";
    case SIGFPE:
      return "a crash: a division by 0 (SIGFPE)";
    case SIGABRT:
      return "a crash: abort() or an assertion (SIGABRT)";
    default:
      return "a crash: no instruction (SIGILL)";
  }
}

// Out of the handler and the run, for good: the run's stacks are left where they stand.
void crashed(int signal) {
  if (running()) fail(what(signal), Kind::crash);
  std::signal(signal, SIG_DFL);
}

void tick(int) {
  const std::uint64_t now = steps();
  if (running() && now == steps_seen)
    fail("it computes without end, and calls nobody", Kind::computes);
  steps_seen = now;
}

// Wall-clock time: neither steps nor computing.
void second(int) {
  constexpr int kPatience = 4;
  static std::uint64_t seen = 0;
  static int still = 0;
  const std::uint64_t now = steps();
  still = running() && now == seen ? still + 1 : 0;
  seen = now;
  if (still < kPatience) return;
  still = 0;
  fail(
      "it waits in the kernel, where weft does not see it (std::condition_variable, an atomic's "
      "wait, a call of the C library)",
      Kind::kernel);
}

void exits() {
  if (running()) fail("it ends its process (exit)", Kind::exits);
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

Guard::Guard() : stack_(new char[kSignalStack]) {
  stack_t stack{};
  stack.ss_sp = stack_.get();
  stack.ss_size = kSignalStack;
  ::sigaltstack(&stack, nullptr);
  for (int signal : kCrashes) handle(signal, crashed);
  handle(SIGVTALRM, tick);
  handle(SIGALRM, second);
  const itimerval seconds{{1, 0}, {1, 0}};
  ::setitimer(ITIMER_REAL, &seconds, nullptr);
  [[maybe_unused]] static const int once = std::atexit(exits);
  const itimerval each{kComputing, kComputing};
  ::setitimer(ITIMER_VIRTUAL, &each, nullptr);
}

Guard::~Guard() {
  const itimerval never{};
  ::setitimer(ITIMER_VIRTUAL, &never, nullptr);
  ::setitimer(ITIMER_REAL, &never, nullptr);
  std::signal(SIGALRM, SIG_DFL);
  for (int signal : kCrashes) std::signal(signal, SIG_DFL);
  std::signal(SIGVTALRM, SIG_DFL);
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  ::sigaltstack(&none, nullptr);
}

}  // namespace weft::lwp::sim
