// SPDX-License-Identifier: BSL-1.0
// Park and unpark, the one door into the core: nothing is lost, nothing happens twice.
#include <cstdlib>

#include "fibers/channel.hpp"
#include "fibers/sync.hpp"
#include "lwp/pool.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using testing::Collector;
using testing::run_everywhere;

lwp::Task& self() {
  lwp::Core core;
  return core.task();
}
void park_here() {
  lwp::Core core;
  core.lwp().scheduler->park(core, {"test"});
}
void unpark(lwp::Task& task) {
  lwp::Core core;
  lwp::unpark(core.lwp(), task);
}

TEST_CASE("An unpark before the park is not lost, and several are one") {
  run_everywhere([](Collector& seen) {
    lwp::Task& me = self();
    for (int i = 0; i < 100; ++i) {
      unpark(me);
      unpark(me);
      park_here();
    }
    seen.equal(me.token.load(), std::uint32_t{lwp::Task::kEmpty}, "both were taken by one park");
    Fiber other = spawn([&] { unpark(me); });
    park_here();
  });
}

TEST_CASE("A late unpark of a block that carries another fiber now is harmless") {
  run_everywhere([](Collector& seen) {
    for (int i = 0; i < 50; ++i) {
      lwp::Task* block = nullptr;
      spawn([&] { block = &self(); }).join();
      unpark(*block);  // its fiber is gone
      Semaphore s(0);
      lwp::atomic<bool> released{false};
      Fiber next = spawn([&] {  // often in the same block
        s.acquire();
        seen.expect(released.load(), "a primitive loops on its condition");
      });
      unpark(*block);
      yield();
      unpark(*block);
      released.store(true);
      s.release();
    }
  });
}

// Two fibers that wake each other as they come: each park meets its unpark in every way.
void ping_pong(Collector& seen, long rounds) {
  struct Side {
    lwp::atomic<lwp::Task*> task{nullptr};
    lwp::atomic<long> turn{0};
  };
  Side a, b;
  auto play = [&](Side& mine, Side& other) {
    mine.task.store(&self());
    while (other.task.load() == nullptr) yield();
    for (long i = 1; i <= rounds; ++i) {
      other.turn.store(i);
      unpark(*other.task.load());
      while (mine.turn.load() < i) park_here();
    }
  };
  Fiber one = spawn([&] { play(a, b); });
  Fiber two = spawn([&] { play(b, a); });
  one.join();
  two.join();
  seen.equal(a.turn.load(), rounds, "rounds");
}

// Every wake-up crosses from one LWP to another: who wakes waits until the other is really parked,
// and then keeps its own LWP until the other has said that it woke, which it can only do elsewhere.
void cross(Collector& seen, long rounds) {
  struct Side {
    lwp::atomic<lwp::Task*> task{nullptr};
    lwp::atomic<long> turn{0}, woken{0};
    std::uint64_t wakes = 0, moved = 0;  // of this fiber alone
  };
  Side a, b;
  lwp::atomic<int> waker_lwp{0};
  auto wake = [&](Side& other, long i) {
    while (other.task.load()->token.load() != lwp::Task::kParked) os::yield_cpu();
    waker_lwp.store(lwp::current()->index);
    other.turn.store(i);
    unpark(*other.task.load());
    while (other.woken.load() < i) os::yield_cpu();
  };
  auto wait = [&](Side& mine, long i) {
    while (mine.turn.load() < i) park_here();
    ++mine.wakes;
    mine.moved += lwp::current()->index != waker_lwp.load();
    mine.woken.store(i);
  };
  auto begin = [&](Side& mine, Side& other) {
    mine.task.store(&self());
    while (other.task.load() == nullptr) yield();
  };
  Fiber one = spawn([&] {
    begin(a, b);
    for (long i = 1; i <= rounds; ++i) wake(b, i), wait(a, i);
  });
  Fiber two = spawn([&] {
    begin(b, a);
    for (long i = 1; i <= rounds; ++i) wait(b, i), wake(a, i);
  });
  one.join();
  two.join();
  seen.equal(a.moved + b.moved, a.wakes + b.wakes, "wake-ups that crossed");
}

TEST_CASE("Every wake-up crosses to another LWP, and none is lost") {
  const bool stress = std::getenv("WEFT_STRESS") != nullptr;
  Config config{.mapping = Mapping::many_to_many, .lwps = 2};
  testing::run_under(config, [&](Collector& seen) { cross(seen, stress ? 5'000'000 : 50'000); });
}

TEST_CASE("Park and wake, racing: no wake-up is lost") {
  // 100,000 parks; ./weft test --stress makes it ten million.
  const bool stress = std::getenv("WEFT_STRESS") != nullptr;
  for (const Config& config : testing::every_configuration()) {
    // Kernel threads and Boost.Fiber need a system call a wake-up.
    bool slow = config.mapping == Mapping::one_to_one || config.engine == Engine::boost_fiber;
    long parks = stress ? 10'000'000 : 100'000;
    if (slow) parks /= 10;
    testing::run_under(config, [&](Collector& seen) { ping_pong(seen, parks / 2); });
  }
}

TEST_CASE("Many fibers wake each other at random, with deadlines among them") {
  const unsigned seed = 20'250'101;
  INFO("seed " << seed);
  run_everywhere([&](Collector& seen) {
    constexpr int kFibers = 12, kRounds = 60;
    std::vector<std::unique_ptr<Semaphore>> gates;
    for (int i = 0; i < kFibers; ++i) gates.push_back(std::make_unique<Semaphore>(0));
    lwp::atomic<int> released{0}, acquired{0};
    std::vector<Fiber> fibers;
    for (int k = 0; k < kFibers; ++k) {
      fibers.push_back(spawn([&, k] {
        std::uint64_t random = seed + static_cast<unsigned>(k) * 7919u;
        auto next = [&] {
          return (random = random * 6364136223846793005u + 1442695040888963407u) >> 33;
        };
        for (int i = 0; i < kRounds; ++i) {
          gates[next() % kFibers]->release();
          released.fetch_add(1);
          os::Nanos patience = static_cast<os::Nanos>(next() % 100) * os::kMicrosecond;
          if (gates[static_cast<std::size_t>(k)]->acquire_until(os::now() + patience)) {
            acquired.fetch_add(1);
          }
        }
      }));
    }
    fibers.clear();
    int left = 0;
    for (auto& gate : gates) {
      while (gate->try_acquire()) ++left;
    }
    seen.equal(acquired.load() + left, released.load(), "units are neither lost nor made");
  });
}

TEST_CASE("Plain kernel threads unpark fibers while an Outside holds the pool") {
  for (const Config& config : testing::every_configuration()) {
    if (config.engine != Engine::weft || config.mapping == Mapping::one_to_one) continue;
    testing::run_under(config, [&](Collector& seen) {
      auto& pool = static_cast<lwp::Pool&>(current_engine().scheduler());
      constexpr int kWakers = 3, kFibers = 4, kRounds = 500;
      lwp::Outside outside(pool);
      struct Cell {
        lwp::atomic<lwp::Task*> task{nullptr};
        lwp::atomic<int> posted{0};
      };
      std::vector<Cell> cells(kFibers);
      {
        std::vector<os::Thread> wakers;
        for (int w = 0; w < kWakers; ++w) {
          wakers.emplace_back("waker", [&] {
            for (int i = 0; i < kRounds; ++i) {
              for (Cell& c : cells) {
                while (c.task.load() == nullptr) os::yield_cpu();
                c.posted.fetch_add(1);
                unpark(*c.task.load());
              }
            }
          });
        }
        std::vector<Fiber> fibers;
        for (Cell& c : cells) {
          fibers.push_back(spawn([&c] {
            c.task.store(&self());
            while (c.posted.load() < kWakers * kRounds) park_here();
          }));
        }
        fibers.clear();
      }
      for (Cell& c : cells) seen.equal(c.posted.load(), kWakers * kRounds, "all posts seen");
    });
  }
}

// An LWP with nothing to do must come for a fiber that is ready while the other LWP is busy,
// however the fiber became so.
TEST_CASE("No fiber stays ready while an LWP is idle and the other one computes") {
  testing::run_under({.mapping = Mapping::many_to_many, .lwps = 2}, [](Collector& seen) {
    for (int round = 0; round < 300; ++round) {
      lwp::atomic<bool> ran{false};
      // Each way of becoming ready: created, woken, its deadline, yielded.
      Semaphore s(0);
      std::vector<Fiber> fibers;
      switch (round % 3) {
        case 0:
          fibers.push_back(spawn([&] { ran.store(true); }));
          break;
        case 1:
          fibers.push_back(spawn([&] {
            s.acquire();
            ran.store(true);
          }));
          while (!testing::waits_for(fibers[0].id(), "semaphore")) yield();
          s.release();
          break;
        case 2:
          fibers.push_back(spawn([&] {
            sleep_for(20 * os::kMicrosecond);
            ran.store(true);
          }));
          break;
      }
      // Computes, as far as the runtime can see, until the other LWP has run it.
      os::Nanos patience = os::now() + 5 * os::kSecond;
      while (!ran.load() && os::now() < patience) os::yield_cpu();
      seen.expect(ran.load(), "ready, and nobody came: way " + std::to_string(round % 3));
      if (!ran.load()) return;
    }
  });
}

}  // namespace
}  // namespace weft::fibers
