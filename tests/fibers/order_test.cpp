// SPDX-License-Identifier: BSL-1.0
// Order: what fifo promises on one LWP, and when sleepers wake.
#include "fibers/sync.hpp"
#include "tests/fibers/every_configuration.hpp"
#include "tests/fibers/record.hpp"

namespace weft::fibers {
namespace {

using testing::Collector;
using testing::Record;

std::string turns(Engine engine) {
  Record order;
  testing::run_under({.mapping = Mapping::many_to_one, .engine = engine}, [&](Collector&) {
    std::vector<Fiber> fibers;
    for (char c : {'a', 'b', 'c'}) {
      fibers.push_back(spawn([&order, c] {
        for (int i = 0; i < 4; ++i) {
          order += c;
          // A fiber spawned in the middle takes its place at the end of the queue.
          Fiber child;
          if (c == 'b' && i == 1) child = spawn([&order] { order += 'x'; });
          yield();
        }
      }));
    }
    order += 'm';
    yield();
    order += 'm';
  });
  return order.text();
}

TEST_CASE("fifo: fibers of one LWP take turns in the order in which they became ready") {
  REQUIRE(turns(Engine::weft) == "mabcmabcaxbcabc");
}

TEST_CASE("fifo: the same sequence on Boost.Fiber") {
  if (testing::kSanitized) return;
  REQUIRE(turns(Engine::boost_fiber) == turns(Engine::weft));
}

TEST_CASE("Sleepers wake in the order of their deadlines, by the clock of the seam") {
  for (const Config& config : testing::every_configuration()) {
    INFO(testing::describe(config));
    os::ManualClock clock;
    Collector seen;
    std::vector<int> woken;
    Runtime runtime(config);
    runtime.run([&] {
      Mutex mutex;
      Semaphore asleep(0), done(0);
      os::Nanos start = os::now();
      std::vector<Fiber> fibers;
      for (int k : {5, 1, 4, 2, 3}) {
        fibers.push_back(spawn([&, k] {
          asleep.release();
          sleep_until(start + k * os::kSecond);
          seen.expect(os::now() >= start + k * os::kSecond, "no sleeper wakes early");
          std::unique_lock lock(mutex);
          woken.push_back(k);
          lock.unlock();
          done.release();
        }));
      }
      for (int i = 0; i < 5; ++i) asleep.acquire();
      seen.expect(!done.try_acquire(), "nobody wakes before time moves");
      for (int i = 1; i <= 5; ++i) {
        clock.advance(os::kSecond);
        done.acquire();
        seen.expect(!done.try_acquire(), "one at a time");
      }
    });
    seen.drain();
    REQUIRE(woken == std::vector{1, 2, 3, 4, 5});
  }
}

}  // namespace
}  // namespace weft::fibers
