// SPDX-License-Identifier: BSL-1.0
// Policies in a pool: a queue for each permit, accounts of time, and the supervisor at work.
#include <deque>

#include "lwp/policy_table.hpp"
#include "tests/child.hpp"
#include "tests/collector.hpp"
#include "tests/lwp/machine.hpp"

namespace weft::lwp {
namespace {

using testing::Gate;
using testing::Machine;
using testing::TestPool;
using weft::testing::Child;
using weft::testing::Collector;

TEST_CASE("Work stealing: an idle LWP takes what a blocked one has left") {
  TestPool pool({.permits = 2, .policy = "work-stealing"});
  constexpr int kTasks = 20;
  Gate gate;
  atomic<int> done{0};
  std::deque<Machine> tasks;
  for (int i = 0; i < kTasks; ++i) {
    tasks.emplace_back(pool, [&](Lwp&, Machine&) {
      if (done.fetch_add(1) + 1 == kTasks) gate.open();
      return How::done;
    });
  }
  Machine first(pool, [&](Lwp& l, Machine&) {
    for (auto& t : tasks) pool.born(l, t);
    testing::outside_core(l, [&] { gate.pass(); });  // until the last has run
    return How::done;
  });
  pool.run(first);
  REQUIRE(done.load() == kTasks);
}

TEST_CASE("Work stealing: a busy LWP takes from one that stands still") {
  TestPool pool({.permits = 2, .policy = "work-stealing"});
  Gate gate;
  atomic<bool> blocked{false}, freed{false};
  Machine stranded(pool, [&](Lwp&, Machine&) {
    freed.store(true);
    gate.open();
    return How::done;
  });
  // Keeps its LWP busy until the stranded one has run: it is never idle.
  Machine busy(pool, [&](Lwp&, Machine&) { return freed.load() ? How::done : How::yielded; });
  Machine first(pool, [&](Lwp& l, Machine&) {
    if (!blocked.exchange(true)) {
      pool.born(l, busy);
      return How::yielded;
    }
    pool.born(l, stranded);
    testing::outside_core(l, [&] { gate.pass(); });
    return How::done;
  });
  pool.run(first);
  REQUIRE(freed.load());
}

TEST_CASE("A policy with a clock is told how long each task ran") {
  static std::vector<std::pair<std::uint64_t, Nanos>> heard;
  static std::vector<Nanos> bursts;
  heard.clear();
  bursts.clear();
  class Listens final : public Policy {
   public:
    void ready(Task& t, Why) override { tasks_[n_++] = &t; }
    Task* next() override {
      if (n_ == 0) return nullptr;
      Task* t = tasks_[0];
      std::move(tasks_ + 1, tasks_ + n_--, tasks_);
      return t;
    }
    void stopped(Task& t, How, Nanos ran) override {
      heard.emplace_back(t.id(), ran);
      bursts.push_back(t.slice_used());
    }

   private:
    Task* tasks_[8] = {};
    int n_ = 0;
  };
  add_policy("listens", policy_type<Listens>());
  os::ManualClock clock;
  TestPool pool({.permits = 1, .policy = "listens"});
  Machine a(pool, [&, turn = 0](Lwp&, Machine&) mutable {
    clock.advance(100);
    return ++turn < 3 ? How::yielded : How::done;
  });
  a.set_identity(7, "a");
  pool.run(a);
  using Pair = std::pair<std::uint64_t, Nanos>;
  CHECK(heard == std::vector<Pair>{{7, 100}, {7, 100}, {7, 100}});
  CHECK(bursts == std::vector<Nanos>{100, 200, 300});
  CHECK(a.cpu_used() == 300);
}

TEST_CASE("Supervisor: a program under a broken policy aborts with the task and the last calls") {
  Child child("policy", "", "WEFT_CHECK_POLICY=1 exec ");
  int code = child.end();
  INFO(child.output());
  CHECK(code == 128 + 6);
  auto says = [&](const char* text) { return child.output().find(text) != std::string::npos; };
  CHECK(says("weft: the policy broke the rule \"no ready task is lost\": task "));
  CHECK(says("its last calls:\n"));
  CHECK(says("  next() -> nothing\n"));
}

}  // namespace
}  // namespace weft::lwp
