// SPDX-License-Identifier: BSL-1.0
// The pool alone: pick, settle, idle, with state machines for tasks.
#include "lwp/pool.hpp"

#include <deque>

#include "tests/collector.hpp"
#include "tests/lwp/machine.hpp"

namespace weft::lwp {
namespace {

using testing::Machine;
using testing::TestPool;
using weft::testing::Collector;

TEST_CASE("Pool: what cannot run is refused") {
  REQUIRE_THROWS_AS(TestPool({.permits = 0}), std::invalid_argument);
  REQUIRE_THROWS_AS(TestPool({.policy = "none such"}), std::invalid_argument);
}

TEST_CASE(
    "Pool: on one LWP tasks run in the order in which they became ready, until all are done") {
  TestPool pool({.permits = 1});
  for (int round = 0; round < 2; ++round) {  // a pool may run again
    std::string order;
    std::deque<Machine> tasks;
    for (char c : {'a', 'b', 'c'}) {
      tasks.emplace_back(pool, [&order, c, left = 3](Lwp&, Machine&) mutable {
        order += c;
        return --left > 0 ? How::yielded : How::done;
      });
    }
    Machine first(pool, [&](Lwp& l, Machine&) {
      order += '0';
      for (auto& t : tasks) pool.born(l, t);
      return How::done;
    });
    pool.run(first);
    REQUIRE(order == "0abcabcabc");
    for (auto& t : tasks) REQUIRE(t.recycled.load() == 1);
    REQUIRE(pool.ready_count() == 0);
    REQUIRE(pool.dispatches() == 10u * static_cast<unsigned>(round + 1));
    REQUIRE(pool.lwp_count() == 1);
  }
}

TEST_CASE("Pool: with several LWPs each task runs on one at a time and loses no turn") {
  for (int permits : {2, 4}) {
    TestPool pool({.permits = permits});
    constexpr int kTasks = 300, kTurns = 40;
    Collector seen;
    std::deque<Machine> tasks;
    atomic<long> turns{0};
    std::deque<atomic<bool>> inside(kTasks);
    for (int i = 0; i < kTasks; ++i) {
      tasks.emplace_back(pool, [&, i, left = kTurns](Lwp& l, Machine&) mutable {
        auto& in = inside[static_cast<std::size_t>(i)];
        seen.expect(!in.exchange(true), "on two LWPs at once");
        seen.equal(l.thread_id.load(), os::thread_id(), "the LWP is this kernel thread");
        turns.fetch_add(1);
        in.store(false);
        return --left > 0 ? How::yielded : How::done;
      });
    }
    Machine first(pool, [&](Lwp& l, Machine&) {
      for (auto& t : tasks) pool.born(l, t);
      return How::done;
    });
    pool.run(first);
    seen.drain();
    REQUIRE(turns.load() == long{kTasks} * kTurns);
    REQUIRE(pool.lwp_count() == permits);
  }
}

TEST_CASE("Pool: parks and unparks among tasks lose nothing") {
  for (int permits : {1, 2, 4}) {
    TestPool pool({.permits = permits});
    constexpr int kTasks = 8, kTurns = 3000;
    std::deque<Machine> ring;
    atomic<long> turns{0};
    // A ring of tasks: each wakes the next and parks.
    for (int i = 0; i < kTasks; ++i) {
      ring.emplace_back(pool, [&, i](Lwp& l, Machine&) {
        long n = turns.fetch_add(1) + 1;
        if (n >= kTurns) {
          // The end runs once around.
          pool.unpark_here(l, ring[static_cast<std::size_t>((i + 1) % kTasks)]);
          return How::done;
        }
        pool.unpark_here(l, ring[static_cast<std::size_t>((i + 1) % kTasks)]);
        return How::parked;
      });
    }
    Machine first(pool, [&](Lwp& l, Machine&) {
      for (auto& t : ring) pool.born(l, t);
      return How::done;
    });
    pool.run(first);
    REQUIRE(turns.load() >= kTurns);
  }
}

TEST_CASE("Pool: plain kernel threads unpark, in solo and not, a late one is harmless") {
  for (int permits : {1, 3}) {
    TestPool pool({.permits = permits});
    constexpr int kTasks = 5, kThreads = 3, kPosts = 2000;
    struct Cell {
      atomic<int> posts{0};
    };
    std::deque<Cell> cells(kTasks);
    std::deque<Machine> tasks;
    for (int i = 0; i < kTasks; ++i) {
      tasks.emplace_back(pool, [&, i](Lwp&, Machine&) {
        return cells[static_cast<std::size_t>(i)].posts.load() < kThreads * kPosts ? How::parked
                                                                                   : How::done;
      });
    }
    Machine first(pool, [&](Lwp& l, Machine&) {
      for (auto& t : tasks) pool.born(l, t);
      return How::done;
    });
    {
      Outside outside(pool);
      std::vector<os::Thread> threads;
      for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back("poster", [&] {
          for (int n = 0; n < kPosts; ++n) {
            for (int i = 0; i < kTasks; ++i) {
              cells[static_cast<std::size_t>(i)].posts.fetch_add(1);
              pool.unpark(tasks[static_cast<std::size_t>(i)]);
            }
          }
        });
      }
      pool.run(first);
      // Threads may still unpark tasks that are done.
    }
    for (auto& c : cells) REQUIRE(c.posts.load() == kThreads * kPosts);
  }
}

// What on_deadlock finds. Static: it is a plain function.
atomic<int> deadlocks{0};
Task* victim = nullptr;

TEST_CASE("Pool: a deadlock is declared when nothing can wake anybody, and not before") {
  for (int permits : {1, 2}) {
    TestPool pool({.permits = permits});
    deadlocks.store(0);
    pool.on_deadlock = [](Pool& p) {
      deadlocks.fetch_add(1);
      p.unpark(*victim);  // so that the run can end
    };
    int runs = 0;
    Machine task(pool, [&](Lwp&, Machine&) { return ++runs == 2 ? How::done : How::parked; });
    victim = &task;
    auto outside = std::make_unique<Outside>(pool);
    Collector seen;
    os::Thread other("outside", [&] {
      // Once every LWP sleeps: while we may yet wake the task there is no deadlock.
      auto asleep = [&] {
        int n = 0;
        pool.each_lwp(
            [](const Lwp& l, void* at) {
              *static_cast<int*>(at) += l.idle.load() && l.thread_id.load() != 0;
            },
            &n);
        return n == permits;
      };
      while (!asleep()) os::yield_cpu();
      seen.equal(deadlocks.load(), 0, "declared too early");
      outside.reset();
    });
    pool.run(task);
    other.join();
    seen.drain();
    REQUIRE(deadlocks.load() == 1);
    REQUIRE(runs == 2);
  }
}

}  // namespace
}  // namespace weft::lwp
