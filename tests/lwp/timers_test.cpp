// SPDX-License-Identifier: BSL-1.0
#include "lwp/timers.hpp"

#include <deque>
#include <map>
#include <random>

#include "tests/catch.hpp"
#include "tests/lwp/machine.hpp"
#include "tests/sanitized.hpp"

namespace weft::lwp {
namespace {

struct Entry {
  Entry(os::Nanos when, Task& task) : waiter(task), timer(when, waiter) {}
  Waiter waiter;
  Timer timer;
};

TEST_CASE("Timers agree with a sorted map, armed and disarmed at random") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  testing::TestPool pool({.permits = 1});
  testing::Machine task(pool, [](Lwp&, testing::Machine&) { return How::done; });
  Timers timers;
  std::deque<Entry> entries;
  std::multimap<os::Nanos, Entry*> reference;
  os::Nanos now = 0;
  for (int step = 0; step < 20'000; ++step) {
    switch (random() % 4) {
      case 0:
      case 1: {
        os::Nanos when = now + static_cast<os::Nanos>(random() % 1000);
        Entry& e = entries.emplace_back(when, task);
        timers.arm(e.timer);
        reference.emplace(when, &e);
        break;
      }
      case 2: {
        if (reference.empty()) break;
        auto it = reference.begin();
        std::advance(it, static_cast<long>(random() % std::min<std::size_t>(reference.size(), 50)));
        timers.disarm(it->second->timer);
        timers.disarm(it->second->timer);  // again, for nothing
        reference.erase(it);
        break;
      }
      case 3: {
        now += static_cast<os::Nanos>(random() % 300);
        // Some were signaled before their deadline: they go by in silence.
        for (auto& [when, e] : reference) {
          if (random() % 16 == 0) e->waiter.claim(Outcome::signaled);
          if (when > now + 500) break;
        }
        std::size_t due = 0;
        for (auto it = reference.begin(); it != reference.end() && it->first <= now;) {
          due += it->second->waiter.waiting();
          it = reference.erase(it);
        }
        std::size_t expired = 0;
        while (Task* t = timers.expire(now)) {
          REQUIRE(t == &task);
          ++expired;
        }
        REQUIRE(expired == due);
        break;
      }
    }
    REQUIRE(timers.next() == (reference.empty() ? os::kNever : reference.begin()->first));
    REQUIRE(timers.empty() == reference.empty());
  }
}

TEST_CASE("A hundred thousand timers with one deadline, and as many in falling order") {
  testing::TestPool pool({.permits = 1});
  testing::Machine task(pool, [](Lwp&, testing::Machine&) { return How::done; });
  for (bool falling : {false, true}) {
    Timers timers;
    std::deque<Entry> entries;
    for (int i = 0; i < 100'000; ++i) {
      timers.arm(entries.emplace_back(falling ? 200'000 - i : 7, task).timer);
    }
    int n = 0;
    while (timers.expire(200'000) != nullptr) ++n;
    REQUIRE(n == 100'000);
    for (auto& e : entries) REQUIRE(e.waiter.outcome.load() == Outcome::timed_out);
  }
}

// The nodes lie where the waiters are: arming, disarming and expiring allocate nothing.
TEST_CASE("A million timers at once, in memory that is theirs alone") {
  constexpr std::size_t kTimers = 1'000'000;
  testing::TestPool pool({.permits = 1});
  testing::Machine task(pool, [](Lwp&, testing::Machine&) { return How::done; });
  std::deque<Entry> entries;
  Timers timers;
  std::uint64_t random = 88172645463325252;  // xorshift's usual seed: the same run every time
  std::size_t early = 0;
  for (std::size_t i = 0; i < kTimers; ++i) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    auto when = static_cast<os::Nanos>(random % 1'000'000'000);
    early += when <= 500'000'000;
    entries.emplace_back(when, task);
  }
  const std::size_t before = os::resident_bytes();
  for (auto& e : entries) timers.arm(e.timer);
  std::size_t expired = 0;
  os::Nanos now = 0;
  // The clock goes on in steps; half of them go off, and in order.
  while (now < 500'000'000) {
    now += 1'000'000;
    while (timers.expire(now) != nullptr) ++expired;
    REQUIRE(timers.next() > now);
  }
  CHECK(expired == early);
  for (auto& e : entries) timers.disarm(e.timer);
  CHECK(timers.empty());
  const std::size_t after = os::resident_bytes();
  // ThreadSanitizer keeps shadow memory for each byte touched.
  if (!weft::testing::kTsan) CHECK(after <= before + 4 * 1024 * 1024);
}

}  // namespace
}  // namespace weft::lwp
