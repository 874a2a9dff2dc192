// SPDX-License-Identifier: BSL-1.0
// Counts the system calls of two fibers that take turns, lock, and talk to each other: a filter of
// the kernel (seccomp) traps each call of their LWP, which is then not made.
//   program_syscalls LWPS
// With 2 LWPs the other one computes: the table of fibers is shared, its lock is taken at each
// turn, and nobody contends for it. Prints how many there were, the number of the last, and how
// many after one more.
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fibers/channel.hpp"
#include "fibers/fiber.hpp"
#include "fibers/runtime.hpp"
#include "fibers/sync.hpp"
#include "lwp/line.hpp"

using namespace weft::fibers;

namespace {

weft::lwp::atomic<int> trapped{0}, last{0};

void on_trap(int, siginfo_t* info, void*) {
  trapped.fetch_add(1);
  last.store(info->si_syscall);
}

// From here on this kernel thread makes no call but to print, to end, to return from the handler,
// and to read the clock where the machine has no other way.
bool trap_calls() {
  struct sigaction action {};
  action.sa_sigaction = on_trap;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  ::sigaction(SIGSYS, &action, nullptr);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGSYS);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  constexpr std::array<std::uint32_t, 3> kAllowed = {SYS_exit_group, SYS_rt_sigreturn,
                                                     SYS_clock_gettime};
  std::array<sock_filter, kAllowed.size() + 6> program;
  std::size_t n = 0;
  auto jump = [](std::uint32_t value, std::size_t if_equal, std::size_t if_not) {
    return sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value,
                                static_cast<std::uint8_t>(if_equal),
                                static_cast<std::uint8_t>(if_not));
  };
  program[n++] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  for (std::size_t i = 0; i < kAllowed.size(); ++i) {
    program[n++] = jump(kAllowed[i], kAllowed.size() - i + 3, 0);
  }
  program[n++] = jump(SYS_write, 0, 2);
  program[n++] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args));
  program[n++] = jump(1, 1, 0);  // to standard output
  program[n++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
  program[n++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  sock_fprog all{static_cast<unsigned short>(n), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all) == 0;
}

void say(std::string_view what, int number) {
  weft::lwp::Line line;
  line.text(what).text(" ").number(static_cast<std::uint64_t>(number));
  line.end(1);
}

}  // namespace

int main(int, char** argv) {
  const int lwps = std::atoi(argv[1]);
  Runtime runtime(
      {.mapping = Mapping::many_to_many, .lwps = lwps, .notice_blocking = false, .policy = "fifo"});
  runtime.run([lwps] {
    static weft::lwp::atomic<bool> computes{false};
    if (lwps == 2) {
      spawn([] {
        computes.store(true);
        while (computes.load()) {
        }
      }).detach();
      while (!computes.load()) yield();
    }
    Mutex mutex;
    Channel<int> channel(0);
    int shared = 0;
    auto turns = [&](int rounds) {
      for (int i = 0; i < rounds; ++i) {
        {
          std::unique_lock lock(mutex);
          ++shared;
        }
        yield();
      }
    };
    Fiber other = spawn([&] {
      turns(100);
      while (channel.receive()) {
      }
    });
    turns(100);  // what is made at the first use has been made
    if (!trap_calls()) {
      say("no filter", 0);
      std::_Exit(0);
    }
    turns(20'000);
    for (int i = 0; i < 20'000; ++i) channel.send(i);
    say("calls", trapped.load());
    say("last", last.load());
    ::syscall(SYS_getppid);  // one is seen
    say("then", trapped.load());
    std::_Exit(shared > 20'000 ? 0 : 1);
  });
}
