// SPDX-License-Identifier: BSL-1.0
// What a thread package costs and what it cannot do: stacks, switches, turns, and one LWP asleep.
#include <ctime>

#include "checks/stage.hpp"
#include "lwp/os.hpp"

namespace {

constexpr int kYields = 100;

void join_all(lab::Thread* (&threads)[lab::kThreads]) {
  for (auto* thread : threads) lab::join(thread);
}

// 1000 threads, eight at a time.
void make_many() {
  const int own = stage::alive;
  for (int made = 0; made < 1000; made += lab::kThreads) {
    lab::Thread* threads[lab::kThreads];
    for (auto& thread : threads) thread = stage::create([] {});
    join_all(threads);
  }
  weft::figure("stacks", stage::most_alive - own);
}

// Eight threads take a hundred turns each, and the first one waits for them.
void take_turns() {
  int turns = 0, gap = 0, switches = 0, waiting = 0;
  lab::Thread* threads[lab::kThreads];
  for (auto& thread : threads) {
    const bool counts = &thread == threads;
    thread = stage::create([&, counts] {
      const int turns_before = turns, switches_before = stage::switches;
      const int waiting_before = stage::turns_of_main;
      for (int i = 0; i < kYields; ++i) {
        const int left = turns++;
        lab::yield();
        gap = std::max(gap, turns - left - 1);
      }
      if (!counts) return;
      switches = (stage::switches - switches_before) / (turns - turns_before);
      waiting = stage::turns_of_main - waiting_before;
    });
  }
  join_all(threads);
  weft::figure("switches", switches);
  weft::figure("gap", gap);
  weft::figure("waiting", waiting);
}

// Each sleeps in the kernel, which knows of one LWP.
void sleep_all() {
  const auto began = weft::lwp::os::now();
  lab::Thread* threads[lab::kThreads];
  for (auto& thread : threads) {
    thread = stage::create([] {
      const timespec duration{0, 100'000'000};
      ::nanosleep(&duration, nullptr);
    });
  }
  join_all(threads);
  weft::figure("asleep", static_cast<double>(weft::lwp::os::now() - began) / 1e6);
}

}  // namespace

void program() {
  stage::run([] {
    lab::start();
    make_many();
    take_turns();
    sleep_all();
  });
}
