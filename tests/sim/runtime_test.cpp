// SPDX-License-Identifier: BSL-1.0
// The runtime itself, on two simulated LWPs: no schedule within the bound loses a wake-up, leaves a
// ready fiber lying, or takes a moment between two steps for a deadlock.
#include "fibers/fiber.hpp"
#include "fibers/sync.hpp"
#include "tests/sim/passes.hpp"

namespace weft::fibers {
namespace {

using lwp::sim::check;
using weft::testing::passes;

std::function<void()> on_two_lwps(std::function<void()> main, const char* policy = "fifo") {
  return [main = std::move(main), policy] {
    Runtime runtime(
        {.mapping = Mapping::many_to_many, .lwps = 2, .policy = policy, .dump_on_sigquit = false});
    runtime.run(main);
  };
}

TEST_CASE("Explore the runtime: spawn and join on two LWPs") {
  const char* policy = GENERATE("fifo", "work-stealing");
  CAPTURE(policy);
  passes(on_two_lwps([] { spawn([] {}).join(); }, policy));
}

// The maker computes on, so who sleeps must be woken for what it made ready.
TEST_CASE("Explore the runtime: a sleeping LWP is woken for what another makes ready") {
  const char* policy = GENERATE("fifo", "work-stealing");
  CAPTURE(policy);
  passes(on_two_lwps(
      [] {
        lwp::atomic<bool> ran{false};
        Fiber other = spawn([&] { ran.store(true); });
        while (!ran.load()) os::yield_cpu();
        other.join();
      },
      policy));
}

TEST_CASE("Explore the runtime: a semaphore between two fibers on two LWPs") {
  passes(on_two_lwps([] {
    Semaphore there(0);
    Fiber other = spawn([&] { there.release(); });
    there.acquire();
    other.join();
  }));
}

// In virtual time a rest takes none.
TEST_CASE("Explore the runtime: calls are offloaded again after every helper has rested") {
  passes(
      [] {
        Runtime runtime({.mapping = Mapping::many_to_one,
                         .on_block = OnBlock::offload,
                         .max_lwps = 2,
                         .dump_on_sigquit = false});
        runtime.run([] {
          int calls = 0;
          for (int round = 0; round < 3; ++round) {
            blocking("a call", [&] { ++calls; });
            sleep_for(3 * os::kSecond);
          }
          check(calls == 3, "each call was made");
        });
      },
      1);
}

}  // namespace
}  // namespace weft::fibers
