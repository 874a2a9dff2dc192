// SPDX-License-Identifier: BSL-1.0
// Permits under every schedule: one that is taken away from outside, at whatever step its holder
// stands. At no moment do two run in core with one permit, and nobody stays without for ever.
#include <csignal>
#include <sys/time.h>
#include <utility>

#include "lwp/policies/fifo.hpp"
#include "lwp/policy_table.hpp"
#include "tests/lwp/machine.hpp"
#include "tests/sim/passes.hpp"

namespace weft::lwp {
namespace {

using sim::check;
using testing::Machine;
using testing::outside_core;
using testing::TestPool;
using weft::testing::passes;

/// Steps of tasks in core, one at a time.
class OneInCore {
 public:
  explicit OneInCore(atomic<int>& inside) : inside_(inside) {
    check(inside_.fetch_add(1) == 0, "one permit, one LWP in core");
  }
  ~OneInCore() { inside_.fetch_sub(1); }

 private:
  atomic<int>& inside_;
};

// `take` takes the permit of the LWP whose task computes outside core.
void revoked_by(const std::function<void(TestPool&, Lwp&)>& take) {
  TestPool pool({.permits = 1, .max_lwps = 2});
  atomic<int> inside{0}, done{0};
  atomic<Lwp*> victim{nullptr};
  auto work = [&](Lwp& l, Machine&) {
    { OneInCore here(inside); }
    outside_core(l, [&] { victim.store(&l); });
    OneInCore here(inside);
    done.fetch_add(1);
    return How::done;
  };
  Machine second(pool, work);
  Machine first(pool, [&](Lwp& l, Machine& self) {
    pool.born(l, second);
    return work(l, self);
  });
  os::Thread revoker("revoker", [&] {
    Lwp* l = victim.load();
    if (l != nullptr) take(pool, *l);
  });
  pool.run(first);
  revoker.join();
  check(done.load() == 2, "both came to their end");
}

TEST_CASE("Explore permits: revoked from outside") {
  passes([] { revoked_by([](TestPool& pool, Lwp& l) { pool.revoke(l); }); });
}

TEST_CASE("Explore permits: the holder is only knocked at") {
  passes([] { revoked_by([](TestPool& pool, Lwp& l) { pool.knock(l); }); });
}

TEST_CASE("Explore permits: given up before a call, while another task becomes ready") {
  passes([] {
    TestPool pool({.permits = 1, .max_lwps = 2});
    atomic<int> inside{0}, done{0};
    Machine second(pool, [&](Lwp&, Machine&) {
      OneInCore here(inside);
      done.fetch_add(1);
      return How::done;
    });
    Machine first(pool, [&](Lwp& l, Machine&) {
      pool.born(l, second);
      outside_core(l, [&] {
        if (pool.give_up_permit()) {
          while (done.load() == 0) os::yield_cpu();
        }
      });
      OneInCore here(inside);
      done.fetch_add(1);
      return How::done;
    });
    pool.run(first);
    check(done.load() == 2, "both came to their end");
  });
}

// Runs in turns, and checks that it hears of the end of a turn before the task is ready again.
class HearsInOrder final : public Policy {
 public:
  void ready(Task& task, Why why) override {
    check(running_ != &task, "stopped() comes before ready()");
    turns_.ready(task, why);
  }
  Task* next() override { return running_ = turns_.next(); }
  void stopped(Task& task, How, Nanos) override {
    check(std::exchange(running_, nullptr) == &task, "who ran has stopped");
  }

 private:
  Fifo turns_;
  Task* running_ = nullptr;
};

TEST_CASE("Explore permits: a policy hears that a task stopped before it is ready again") {
  add_policy("hears-in-order", policy_type<HearsInOrder>());
  passes([] {
    TestPool pool({.permits = 1, .max_lwps = 2, .policy = "hears-in-order"});
    Machine second(pool, [&](Lwp&, Machine&) { return How::done; });
    Machine first(pool, [&](Lwp& l, Machine&) {
      pool.born(l, second);
      outside_core(l, [&] { pool.give_up_permit(); });
      return How::done;
    });
    pool.run(first);
  });
}

// The LWPs idle, or are about to; what a thread outside makes ready is never left lying.
TEST_CASE("Explore idle: an unpark from outside of the pool reaches a parked task") {
  const int lwps = GENERATE(1, 2);
  CAPTURE(lwps);
  const auto program = [lwps] {
    TestPool pool({.permits = lwps, .max_lwps = lwps});
    atomic<int> turns{0};
    Machine task(pool,
                 [&](Lwp&, Machine&) { return turns.fetch_add(1) == 0 ? How::parked : How::done; });
    pool.outside(1);  // somebody will wake it
    os::Thread waker("waker", [&] {
      pool.unpark(task);
      pool.outside(-1);
    });
    pool.run(task);
    waker.join();
    check(turns.load() == 2, "it had its second turn");
  };
  passes(program, lwps == 1 ? 3 : 2);  // the waker is a thread more
}

// The explorer's own timers interrupt the calls that ask the kernel what is ready.
TEST_CASE("Explore idle: signals change nothing of what is ready") {
  const auto program = [] {
    static bool ticking = false;
    if (!std::exchange(ticking, true)) {
      struct sigaction nothing {};
      nothing.sa_handler = [](int) {};
      ::sigaction(SIGPROF, &nothing, nullptr);
      const itimerval often{{0, 200}, {0, 200}};  // microseconds
      ::setitimer(ITIMER_PROF, &often, nullptr);
    }
    TestPool pool({.permits = 2, .max_lwps = 2});
    atomic<int> turns{0};
    Machine task(pool,
                 [&](Lwp&, Machine&) { return turns.fetch_add(1) == 0 ? How::parked : How::done; });
    pool.outside(1);
    os::Thread waker("waker", [&] {
      pool.unpark(task);
      pool.outside(-1);
    });
    pool.run(task);
    waker.join();
  };
  passes(program, 1);
}

}  // namespace
}  // namespace weft::lwp
