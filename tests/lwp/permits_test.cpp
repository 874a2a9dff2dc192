// SPDX-License-Identifier: BSL-1.0
// Run permits: given up before a kernel sleep, taken away in the middle of one, and had again.
#include <deque>

#include "tests/collector.hpp"
#include "tests/lwp/machine.hpp"

namespace weft::lwp {
namespace {

using testing::Gate;
using testing::Machine;
using testing::outside_core;
using testing::TestPool;
using weft::testing::Collector;

TEST_CASE("Permits: one given up lets another task run, and comes back to the LWP that blocked") {
  TestPool pool({.permits = 1, .max_lwps = 2});
  Collector seen;
  Gate gate;
  constexpr int kRounds = 30;
  int rounds_a = 0, rounds_b = 0;
  std::string order;
  Machine* a_at = nullptr;
  Machine b(pool, [&](Lwp& l, Machine&) {
    order += 'b';
    gate.open();
    ++rounds_b;
    seen.expect(l.permit != nullptr, "b runs with the permit");
    return rounds_b < kRounds ? How::parked : How::done;
  });
  Machine a(pool, [&](Lwp& l, Machine&) {
    if (rounds_a == 0) pool.born(l, b);
    for (; rounds_a < kRounds; ++rounds_a) {
      if (rounds_a > 0) pool.unpark_here(l, b);
      int id = os::thread_id();
      outside_core(l, [&] {
        seen.expect(pool.give_up_permit(), "a spare takes it");
        gate.pass();  // only b opens it
        order += 'a';
      });
      seen.expect(l.permit != nullptr, "back with a permit");
      seen.expect(current() == &l && os::thread_id() == id, "on its own LWP");
      seen.equal(rounds_b, rounds_a + 1, "b ran meanwhile");
    }
    return How::done;
  });
  a_at = &a;
  pool.run(a);
  seen.drain();
  REQUIRE(a_at->recycled.load() == 1);
  REQUIRE(pool.lwp_count() == 2);  // one spare, used again and again
  REQUIRE(order.substr(0, 4) == "baba");
}

TEST_CASE("Permits: LWPs are never more than max_lwps") {
  for (int max : {1, 2, 3}) {
    TestPool pool({.permits = 1, .max_lwps = max});
    Collector seen;
    constexpr int kTasks = 4;
    std::deque<Gate> gates(kTasks);
    std::deque<Machine> tasks;
    atomic<int> gave_up{0}, refused{0};  // counted without a permit, so perhaps at once
    for (int i = 0; i < kTasks; ++i) {
      tasks.emplace_back(pool, [&, i](Lwp& l, Machine&) {
        outside_core(l, [&] {
          if (pool.give_up_permit()) {
            gave_up.fetch_add(1);
            gates[static_cast<std::size_t>(i)].pass();
          } else {
            refused.fetch_add(1);
          }
        });
        return How::done;
      });
    }
    Machine opener(pool, [&](Lwp&, Machine&) {
      for (auto& g : gates) g.open();
      return How::done;
    });
    Machine first(pool, [&](Lwp& l, Machine&) {
      for (auto& t : tasks) pool.born(l, t);
      pool.born(l, opener);
      return How::done;
    });
    pool.run(first);
    seen.drain();
    INFO("max_lwps " << max);
    REQUIRE(gave_up.load() == max - 1);
    REQUIRE(refused.load() == kTasks - (max - 1));
    REQUIRE(pool.lwp_count() == max);
  }
}

TEST_CASE("Permits: spares that nobody needs end but for one and their places are used again") {
  TestPool pool({.permits = 1, .max_lwps = 7, .spare_rest = os::kMillisecond});
  Collector seen;
  constexpr int kRounds = 3, kTasks = 5;
  std::deque<Gate> gates(kRounds * kTasks);
  std::deque<Machine> tasks;
  atomic<int> inside{0};
  Machine watcher(pool, [&](Lwp& l, Machine&) {
    for (int round = 0; round < kRounds; ++round) {
      auto blocks = [&, round](int i) {
        return [&, at = static_cast<std::size_t>(round * kTasks + i)](Lwp& own, Machine&) {
          outside_core(own, [&] {
            seen.expect(pool.give_up_permit(), "there is an LWP for it");
            inside.fetch_add(1);
            gates[at].pass();
          });
          return How::done;
        };
      };
      for (int i = 0; i < kTasks; ++i) pool.born(l, tasks.emplace_back(pool, blocks(i)));
      outside_core(l, [&] {
        seen.expect(pool.give_up_permit(), "the others run");
        while (inside.load() < (round + 1) * kTasks) os::yield_cpu();
        seen.equal(pool.lwp_count(), 7, "all are needed");
        for (int i = 0; i < kTasks; ++i) {
          gates[static_cast<std::size_t>(round * kTasks + i)].open();
        }
        os::Nanos patience = os::now() + 20 * os::kSecond;
        while (pool.lwp_count() > 3 && os::now() < patience) os::yield_cpu();
        seen.equal(pool.lwp_count(), 3, "ours, the one with the permit, a spare");
      });
    }
    return How::done;
  });
  pool.run(watcher);
  seen.drain();
}

TEST_CASE("Permits: one is revoked from an LWP that sleeps in the kernel") {
  for (int permits : {1, 2}) {
    TestPool pool({.permits = permits, .max_lwps = permits + 1});
    Collector seen;
    Gate gate;
    atomic<Lwp*> sleeper{nullptr};
    atomic<bool> b_ran{false};
    atomic<bool> asked{false};  // before it, `blocked` must not get a permit back
    Outside outside(pool);
    Machine b(pool, [&](Lwp&, Machine&) {
      b_ran.store(true);
      while (!asked.load()) os::yield_cpu();
      gate.open();
      return How::done;
    });
    Machine blocked(pool, [&](Lwp& l, Machine&) {
      if (permits == 1) pool.born(l, b);
      outside_core(l, [&] {
        sleeper.store(&l);
        gate.pass();
      });
      seen.expect(b_ran.load(), "somebody else ran on the permit");
      seen.expect(l.permit != nullptr && current() == &l, "and it is back");
      return How::done;
    });
    os::Thread sentinel("sentinel", [&] {
      Lwp* l;
      while ((l = sleeper.load()) == nullptr) os::yield_cpu();
      bool taken = pool.revoke(*l);
      seen.expect(taken == os::has(os::Feature::membarrier), "taken, if the kernel can");
      if (taken) seen.expect(!pool.revoke(*l), "it has none any more");
      asked.store(true);
      if (!taken || permits > 1) {
        b_ran.store(true);
        gate.open();
      }
    });
    pool.run(blocked);
    sentinel.join();
    seen.drain();
  }
}

TEST_CASE("Permits: none is revoked from an LWP in core, nor lost by the attempt") {
  TestPool pool({.permits = 1, .max_lwps = 2});
  Collector seen;
  atomic<Lwp*> computing{nullptr};
  atomic<bool> tried{false};
  Machine task(pool, [&](Lwp& l, Machine&) {
    computing.store(&l);
    while (!tried.load()) os::yield_cpu();  // in core
    leave(l);
    enter(l);
    seen.expect(l.permit != nullptr, "still there");
    return How::done;
  });
  os::Thread sentinel("sentinel", [&] {
    Lwp* l;
    while ((l = computing.load()) == nullptr) os::yield_cpu();
    for (int i = 0; i < 5; ++i) seen.expect(!pool.revoke(*l), "refused");
    tried.store(true);
  });
  pool.run(task);
  sentinel.join();
  seen.drain();
}

// In and out of core as fast as can be, and a sentinel that takes the permit when it can.
TEST_CASE("Permits: revoked at any moment, nobody is in core without one") {
  if (!os::has(os::Feature::membarrier)) return;
  TestPool pool({.permits = 2, .max_lwps = 4});
  Collector seen;
  constexpr int kTasks = 3, kRounds = 400, kPasses = 20;
  atomic<int> in_core{0}, running{kTasks}, taken{0};
  std::deque<Machine> tasks;
  for (int i = 0; i < kTasks; ++i) {
    tasks.emplace_back(pool, [&, left = kRounds](Lwp& l, Machine&) mutable {
      for (int pass = 0; pass < kPasses; ++pass) {
        seen.expect(l.permit != nullptr, "in core, with a permit");
        seen.expect(in_core.fetch_add(1) < 2, "as many in core as permits");
        in_core.fetch_sub(1);
        outside_core(l, [] {
          if (os::thread_cpu() % 7 == 0) os::yield_cpu();
        });
      }
      if (--left > 0) return How::yielded;
      running.fetch_sub(1);
      return How::done;
    });
  }
  Machine first(pool, [&](Lwp& l, Machine&) {
    for (auto& t : tasks) pool.born(l, t);
    return How::done;
  });
  os::Thread sentinel("sentinel", [&] {
    while (running.load() > 0) {
      struct Search {
        const Lwp* found[8];
        int n = 0;
      } search;
      pool.each_lwp(
          [](const Lwp& l, void* at) {
            auto& s = *static_cast<Search*>(at);
            if (s.n < 8) s.found[s.n++] = &l;
          },
          &search);
      for (int i = 0; i < search.n && running.load() > 0; ++i) {
        auto& l = *const_cast<Lwp*>(search.found[i]);
        if (l.running.load() != nullptr && pool.revoke(l)) taken.fetch_add(1);
      }
      os::yield_cpu();
    }
  });
  pool.run(first);
  sentinel.join();
  seen.drain();
  INFO("taken " << taken.load() << " times");
  CHECK(taken.load() > 0);
}

}  // namespace
}  // namespace weft::lwp
