// SPDX-License-Identifier: BSL-1.0
// The explorer on programs small enough to know the answer.
#include "lwp/sim/explore.hpp"

#include "lwp/lock.hpp"
#include "lwp/os.hpp"
#include "tests/catch.hpp"

namespace weft::lwp::sim {
namespace {

// Two threads add one to a number by a load and a store.
void lost_update() {
  atomic<int> n{0};
  auto add = [&] { n.store(n.load() + 1); };
  os::Thread one("one", add), two("two", add);
  one.join();
  two.join();
  check(n.load() == 2, "both additions count");
}

template <class L>
void two_in_a_lock() {
  L lock;
  atomic<int> inside{0};
  auto enter = [&] {
    lock.lock();
    check(inside.fetch_add(1) == 0, "one at a time is inside");
    inside.fetch_sub(1);
    lock.unlock();
  };
  os::Thread one("one", enter), two("two", enter);
  one.join();
  two.join();
}

struct LooksThenTakes {
  atomic<bool> taken{false};
  void lock() {
    while (taken.load()) os::yield_cpu();
    taken.store(true);
  }
  void unlock() { taken.store(false); }
};

TEST_CASE("Explore: a lost update takes one preemption") {
  Result found = explore(lost_update, {});
  REQUIRE(found.failure);
  CHECK(found.failure->verdict == Run::Verdict::failed);
  CHECK(found.failure->what == "both additions count");
  CHECK(found.schedule.size() <= 2);
  Result none = explore(lost_update, {.preemptions = 0});
  CHECK_FALSE(none.failure);
  CHECK(none.exhaustive);
}

TEST_CASE("Explore: what is found is replayed by its token") {
  Result found = explore(lost_update, {});
  REQUIRE(found.failure);
  auto schedule = schedule_of(token(found.schedule));
  REQUIRE(schedule);
  for (int i = 0; i < 3; ++i) {
    Replay second = replay(lost_update, *schedule, {});
    const Run& again = second.run;
    CHECK_FALSE(second.diverged_at);
    CHECK(again.verdict == Run::Verdict::failed);
    CHECK(again.what == found.failure->what);
    CHECK(again.steps == found.failure->steps);
  }
  CHECK(replay(lost_update, {}, {}).run.verdict == Run::Verdict::passed);
  for (const char* wrong : {"", "1", "1:", ":1", "1:1,", "x"}) CHECK_FALSE(schedule_of(wrong));
}

TEST_CASE("Explore: an input takes every value, and none costs a preemption") {
  auto program = [] { check(choose(5) != 3, "not three"); };
  const Result found = explore(program, {.preemptions = 0});
  REQUIRE(found.failure);
  CHECK(found.failure->what == "not three");
  CHECK(token(found.schedule).ends_with(":3"));
  CHECK(replay(program, found.schedule, {}).run.what == "not three");
  CHECK(explore(program, {.strategy = Search::Strategy::pct, .runs = 200}).failure);
  const Result all = explore([] { (void)(choose(5) + choose(1) + choose(3)); }, {.preemptions = 0});
  CHECK(all.exhaustive);
  CHECK(all.runs == 16);  // 5 x 3, and the first to learn how long a run is
  CHECK(choose(7) == 0);  // outside
}

TEST_CASE("Explore: random priorities find it, too") {
  Result found =
      explore(lost_update, {.strategy = Search::Strategy::pct, .depth = 2, .runs = 2000});
  REQUIRE(found.failure);
  CHECK(found.bound > 0);
}

TEST_CASE("Explore: a lock that looks and then takes lets two in, weft's does not") {
  Result broken = explore(two_in_a_lock<LooksThenTakes>, {});
  REQUIRE(broken.failure);
  CHECK(broken.failure->what == "one at a time is inside");
  Result right = explore(two_in_a_lock<Lock>, {.preemptions = 3});
  CHECK_FALSE(right.failure);
  CHECK(right.exhaustive);
  CHECK(right.runs > 10);
}

TEST_CASE(
    "Explore: a thread that nobody wakes is a deadlock, and time passes only for those who wait") {
  auto forgets = [] {
    atomic<std::uint32_t> word{0};
    os::Thread sleeper("sleeper", [&] {
      while (word.load() == 0) os::futex_wait(word, 0);
    });
    word.store(1);  // and no wake
    sleeper.join();
  };
  Result found = explore(forgets, {});
  REQUIRE(found.failure);
  CHECK(found.failure->verdict == Run::Verdict::deadlock);
  auto sleeps = [] {
    const os::Nanos began = os::now();
    os::sleep_until(began + os::kSecond);
    check(os::now() == began + os::kSecond, "a second has passed");
  };
  CHECK_FALSE(explore(sleeps, {}).failure);
}

}  // namespace
}  // namespace weft::lwp::sim
