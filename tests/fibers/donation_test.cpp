// SPDX-License-Identifier: BSL-1.0
// Priority inheritance: who owns what an urgent fiber waits for is as urgent.
#include "fibers/attach.hpp"
#include "fibers/sync.hpp"
#include "tests/fibers/every_configuration.hpp"
#include "tests/fibers/record.hpp"

namespace weft::fibers {
namespace {

using testing::Collector;
using testing::Record;

std::vector<Config> one_lwp() {
  std::vector<Config> all = {{.mapping = Mapping::many_to_one, .policy = "priority"}};
  if (!testing::kSanitized) {
    all.push_back(
        {.mapping = Mapping::many_to_one, .engine = Engine::boost_fiber, .policy = "priority"});
  }
  return all;
}

TEST_CASE("Donation: the owner of a mutex runs before those less urgent than who waits for it") {
  for (const Config& config : one_lwp()) {
    Record order;
    testing::run_under(config, [&](Collector& seen) {
      Mutex mutex;
      spawn({.priority = 10}, [&] {
        Fiber urgent, medium;
        {
          std::unique_lock lock(mutex);
          medium = spawn({.priority = 30}, [&] { order += 'm'; });
          urgent = spawn({.priority = 50}, [&] {
            order += 'u';
            std::unique_lock held(mutex);
            order += 'U';
          });
          order += 'l';
          yield();  // the urgent one comes, and waits for us
          seen.equal(this_priority(), 50, "while it waits");
          order += 'l';
        }
        seen.equal(this_priority(), 10, "afterwards");
        order += 'l';
        yield();
        order += 'l';
      }).join();
    });
    INFO(testing::describe(config));
    CHECK(order.text() == "lullUml");
  }
}

TEST_CASE("Donation: along a chain of owners and back") {
  for (const Config& config : one_lwp()) {
    Record order;
    testing::run_under(config, [&](Collector& seen) {
      Mutex a, b;
      spawn({.priority = 10}, [&] {
        a.lock();
        Fiber second = spawn({.priority = 20}, [&] {
          b.lock();
          a.lock();  // waits for the first
          seen.equal(this_priority(), 60, "the second, owner of both");
          order += '2';
          a.unlock();
          seen.equal(this_priority(), 60, "it still has b");
          b.unlock();
          seen.equal(this_priority(), 20, "it has nothing");
        });
        yield();
        seen.equal(this_priority(), 20, "of the second");
        Fiber third = spawn({.priority = 60}, [&] {
          b.lock();
          order += '3';
          b.unlock();
        });
        Fiber between = spawn({.priority = 40}, [&] { order += 'b'; });
        yield();
        seen.equal(this_priority(), 60, "through the second");
        set_priority(70);  // brought into range
        seen.equal(this_priority(), 63, "its own is higher");
        set_priority(10);
        order += '1';
        a.unlock();
        seen.equal(this_priority(), 10, "again its own");
        second.join();
        third.join();
        between.join();
      }).join();
    });
    INFO(testing::describe(config));
    CHECK(order.text() == "123b");
  }
}

TEST_CASE("Donation: a change of a waiter's priority reaches the owner") {
  for (const Config& config : one_lwp()) {
    testing::run_under(config, [&](Collector& seen) {
      Mutex mutex;
      spawn({.priority = 10}, [&] {
        mutex.lock();
        Fiber waiter = spawn({.priority = 20}, [&] { std::unique_lock lock(mutex); });
        yield();
        seen.equal(this_priority(), 20, "of the waiter");
        set_priority(waiter, 45);
        seen.equal(this_priority(), 45, "risen");
        set_priority(waiter, 5);
        seen.equal(this_priority(), 10, "its own");
        mutex.unlock();
        waiter.join();
      }).join();
    });
  }
}

TEST_CASE("Donation: what goes to a plain kernel thread is lent no more") {
  Runtime runtime({.mapping = Mapping::many_to_one, .policy = "priority"});
  Mutex mutex;
  lwp::atomic<int> turn{0};
  auto until = [&](int n) {
    while (turn.load() < n) os::sleep_until(os::now() + os::kMillisecond);
  };
  os::Thread outside("outside", [&] {
    Attached here(runtime, "outside");
    until(1);
    turn.store(2);
    mutex.lock();
    turn.store(3);
    until(4);
    mutex.unlock();
  });
  int lent = 0, after = 0;
  runtime.run([&] {
    auto low = spawn({.name = "low", .priority = 1}, [&] {
      mutex.lock();
      turn.store(1);
      while (turn.load() < 2) sleep_for(os::kMillisecond);
      sleep_for(20 * os::kMillisecond);  // it waits now, before the next one
      auto high = spawn({.name = "high", .priority = 60}, [&] { std::lock_guard lock(mutex); });
      sleep_for(5 * os::kMillisecond);
      lent = this_priority();
      mutex.unlock();
      after = this_priority();
      while (turn.load() < 3) sleep_for(os::kMillisecond);
      turn.store(4);
      high.join();
    });
    low.join();
  });
  outside.join();
  CHECK(lent == 60);
  CHECK(after == 1);
}

TEST_CASE("Donation: under contention on several LWPs everybody gets back to its own priority") {
  testing::run_under({.mapping = Mapping::many_to_many, .lwps = 4, .policy = "priority"},
                     [](Collector& seen) {
                       Mutex a, b;
                       long inside = 0;  // guarded by a
                       std::vector<Fiber> fibers;
                       for (int i = 0; i < 16; ++i) {
                         fibers.push_back(spawn({.priority = i * 4}, [&, i] {
                           for (int n = 0; n < 300; ++n) {
                             if (n % 3 == 0) b.lock();
                             a.lock();
                             ++inside;
                             if (n % 7 == i % 7) yield();
                             seen.expect(this_priority() >= i * 4, "never below its own");
                             a.unlock();
                             if (n % 3 == 0) b.unlock();
                             seen.equal(this_priority(), i * 4, "owner of nothing");
                             if (n % 5 == 0) yield();
                           }
                         }));
                       }
                       fibers.clear();
                       seen.equal(inside, 16L * 300, "turns");
                     });
}

}  // namespace
}  // namespace weft::fibers
