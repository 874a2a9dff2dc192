// SPDX-License-Identifier: BSL-1.0
// SIGSEGV, explained; and last words before that and other crashes. A handler runs on the faulting
// thread in the middle of anything, malloc too: here and in what it calls nothing is allocated and
// no lock is taken.
#include <array>
#include <csignal>
#include <new>
#include <ucontext.h>
#include <unistd.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {
namespace {

// Room for the explanation, which reads files with buffers of a few KiB; pages not used cost
// nothing. The kernel's own part grows with the processor's registers.
constexpr std::size_t kExplanation = 24 * 1024;

atomic<FaultHandler> explain{nullptr};
struct sigaction previous;  // written before the handler can run
atomic<void (*)()> last_words{nullptr};

void say_last_words() {
  if (auto say = last_words.exchange(nullptr)) say();
}

Fault describe(const siginfo_t* info, [[maybe_unused]] const void* context) {
  Fault fault{info->si_addr, 1};
#if defined(__x86_64__)
  const auto& registers = static_cast<const ucontext_t*>(context)->uc_mcontext.gregs;
  fault.pc = reinterpret_cast<const void*>(registers[REG_RIP]);
  fault.frame = reinterpret_cast<const void*>(registers[REG_RBP]);
#elif defined(__aarch64__)
  const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
  fault.pc = reinterpret_cast<const void*>(machine.pc);
  fault.frame = reinterpret_cast<const void*>(machine.regs[29]);
#endif
  return fault;
}

void default_from_now_on() {
  say_last_words();
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  ::sigaction(SIGSEGV, &action, nullptr);
}

// Sent by somebody (kill) rather than by an instruction, which would fault again.
bool was_sent(const siginfo_t* info) {
  return info->si_code <= 0;
}

void handle(int number, siginfo_t* info, void* context) {
  const FaultHandler explains = explain.load();
  if (!was_sent(info) && explains != nullptr && explains(describe(info, context))) {
    default_from_now_on();  // the instruction faults again: the core shows it
  } else if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(number, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(number);
  } else if (!was_sent(info)) {
    default_from_now_on();
  } else if (previous.sa_handler == SIG_DFL) {
    default_from_now_on();
    ::raise(number);  // held back until we return
  }
}

struct sigaction calling(void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigemptyset(&action.sa_mask);
  return action;
}

void handle_faults() {
  static atomic<bool> done{false};
  if (done.exchange(true)) return;
  const struct sigaction action = calling(handle);
  ::sigaction(SIGSEGV, nullptr, &previous);
  ::sigaction(SIGSEGV, &action, nullptr);
}

// Other crashes are left to who wanted them before, or to the kernel: the instruction faults again,
// abort() raises again.
constexpr std::array kOtherCrashes = {SIGABRT, SIGBUS, SIGFPE, SIGILL};
std::array<struct sigaction, kOtherCrashes.size()> before;  // written before it can run
void crash(int number, siginfo_t* info, void*) {
  say_last_words();
  for (std::size_t i = 0; i < kOtherCrashes.size(); ++i) {
    if (kOtherCrashes[i] == number) ::sigaction(number, &before[i], nullptr);
  }
  if (number == SIGABRT || was_sent(info)) ::raise(number);
}

}  // namespace

void on_fault(FaultHandler handler) {
  explain.store(handler);
  handle_faults();
}

void on_crash(void (*say)()) {
  last_words.store(say);
  handle_faults();
  static atomic<bool> done{false};
  if (done.exchange(true)) return;
  const struct sigaction action = calling(crash);
  for (std::size_t i = 0; i < kOtherCrashes.size(); ++i) {
    ::sigaction(kOtherCrashes[i], nullptr, &before[i]);
    if (before[i].sa_handler == SIG_DFL) ::sigaction(kOtherCrashes[i], &action, nullptr);
  }
}

AlternateStack::AlternateStack() {
  stack_t now{};
  if (::sigaltstack(nullptr, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0) return;
  // MINSIGSTKSZ is a matter of the processor since glibc 2.34.
  auto bytes = static_cast<std::size_t>(MINSIGSTKSZ) + kExplanation;
  memory_.reset(new (std::nothrow) std::byte[bytes]);
  if (memory_ == nullptr) return;
  stack_t ours{};
  ours.ss_sp = memory_.get();
  ours.ss_size = bytes;
  ::sigaltstack(&ours, nullptr);
}

AlternateStack::~AlternateStack() {
  stack_t now{};
  if (memory_ == nullptr || ::sigaltstack(nullptr, &now) != 0 || now.ss_sp != memory_.get()) return;
  now.ss_flags = SS_DISABLE;
  ::sigaltstack(&now, nullptr);
}

void refused_by_kernel(const void* memory, std::size_t bytes) {
  FaultHandler handler = explain.load();
  Fault fault{memory, bytes, nullptr, __builtin_frame_address(0), true};
  if (handler == nullptr || !handler(fault)) return;
  default_from_now_on();
  const int numbers[] = {SIGSEGV};
  unblock_signals(numbers);
  ::raise(SIGSEGV);
}

}  // namespace weft::lwp::os
