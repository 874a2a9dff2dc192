// SPDX-License-Identifier: BSL-1.0
#include <memory>
#include <set>
#include <stdexcept>

#include "fibers/sync.hpp"
#include "lwp/arch.hpp"
#include "lwp/scheduler.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using testing::Collector;
using testing::run_everywhere;
using testing::run_under;

TEST_CASE("A fiber runs once, has a name and a number, and is joined") {
  run_everywhere([](Collector& seen) {
    lwp::atomic<int> ran{0};
    std::uint64_t inside = 0;
    Fiber f = spawn({"worker with a name that is far too long"}, [&] {
      ran.fetch_add(1);
      inside = this_id();
      seen.expect(this_name() == "worker with a name that", "a name keeps 23 bytes");
    });
    std::uint64_t id = f.id();
    seen.expect(f.joinable() && id > 0, "a handle has a number");
    f.join();
    seen.equal(ran.load(), 1, "runs");
    seen.equal(inside, id, "the number inside and outside");
    seen.expect(!f.joinable() && f.id() == 0, "joined");
    seen.expect(this_name() == "main", "the first fiber is main");
    Fiber unnamed = spawn([&] { seen.expect(this_name().empty(), "no name"); });
    Fiber moved = std::move(unnamed);
    seen.expect(!unnamed.joinable(), "moved from");
    moved = spawn([&] { ran.fetch_add(1); });  // joins the one before
    moved.join();
    seen.equal(ran.load(), 2, "runs");
  });
}

// Nobody else runs, so who believes that the joiner waits for ever calls it a deadlock.
TEST_CASE("A join meets the end of its fiber at every moment") {
  run_everywhere([](Collector& seen) {
    constexpr int kTimes = 3000;
    lwp::atomic<int> ending{0};
    for (int i = 1; i <= kTimes; ++i) {
      Fiber fiber = spawn([&ending, i] { ending.store(i); });
      while (ending.load() != i) yield();
      for (int pause = 0; pause < i % 100; ++pause) lwp::arch::pause();
      if (i % 3 == 0) {
        seen.expect(fiber.join_for(os::kSecond * 60), "within a minute");
      } else {
        fiber.join();
      }
    }
  });
}

TEST_CASE("join rethrows what the body threw, and run what main threw") {
  run_everywhere([](Collector& seen) {
    Fiber f = spawn([] { throw std::runtime_error("from a fiber"); });
    try {
      f.join();
      seen.expect(false, "join must throw");
    } catch (const std::runtime_error& e) {
      seen.expect(std::string(e.what()) == "from a fiber", e.what());
    }
    seen.expect(!f.joinable(), "joined, although it threw");
  });
  for (const Config& config : testing::every_configuration()) {
    INFO(testing::describe(config));
    Runtime runtime(config);
    REQUIRE_THROWS_AS(runtime.run([] { throw std::out_of_range("main"); }), std::out_of_range);
    int ran = 0;
    runtime.run([&] { ++ran; });  // still good
    REQUIRE(ran == 1);
  }
}

TEST_CASE(
    "A closure may be move-only, over-aligned and large, and is destroyed in its fiber's life") {
  struct alignas(256) Aligned {
    std::byte bytes[512]{};
  };
  run_everywhere([](Collector& seen) {
    auto owned = std::make_unique<int>(42);
    spawn([&seen, p = std::move(owned)] { seen.equal(*p, 42, "moved in"); }).join();
    Aligned a;
    a.bytes[511] = std::byte{7};
    spawn([&seen, a] {
      auto at = reinterpret_cast<std::uintptr_t>(&a);
      seen.equal(at % alignof(Aligned), 0u, "alignment");
      seen.expect(a.bytes[511] == std::byte{7}, "contents");
    }).join();
    auto shared = std::make_shared<int>(1);
    spawn([shared] {}).join();
    seen.equal(shared.use_count(), 1, "the closure is gone after join");
    try {
      spawn([shared] { throw 1; }).join();
    } catch (int) {
    }
    seen.equal(shared.use_count(), 1, "the closure is gone after an exception");
  });
}

// Static, so that the test itself needs no big stack: spawn copies it to where it belongs.
struct Big {
  std::byte bytes[60 * 1024]{};
  lwp::atomic<int>* ran;
  void operator()() { ran->fetch_add(1); }
};

TEST_CASE("Captures that do not fit a fiber's stack are refused, not written beyond it") {
  run_everywhere([](Collector& seen) {
    static lwp::atomic<int> ran;
    static Big big{.ran = &ran};
    ran.store(0);
    bool refused = false;
    try {
      spawn(big).join();
    } catch (const std::length_error&) {
      refused = true;
    }
    seen.equal(ran.load(), refused ? 0 : 1, "it runs, or is refused");
    spawn([&] { ran.fetch_add(1); }).join();  // all is well
  });
}

TEST_CASE("A thousand fibers live at once, and their blocks are used again") {
  run_everywhere([](Collector& seen) {
    for (int round = 0; round < 2; ++round) {
      constexpr int kFibers = 1000;
      lwp::atomic<int> sum{0};
      Semaphore gate(0);
      std::set<std::uint64_t> ids;
      std::vector<Fiber> fibers;
      for (int i = 0; i < kFibers; ++i) {
        fibers.push_back(spawn([&, i] {
          gate.acquire();
          sum.fetch_add(i);
        }));
        ids.insert(fibers.back().id());
      }
      gate.release(kFibers);
      for (auto& f : fibers) f.join();
      seen.equal(sum.load(), kFibers * (kFibers - 1) / 2, "sum");
      seen.equal(ids.size(), std::size_t{kFibers}, "numbers are unique");
    }
  });
}

TEST_CASE("Fibers left behind are run to their end, detached or spawned by the detached") {
  for (const Config& config : testing::every_configuration()) {
    INFO(testing::describe(config));
    lwp::atomic<int> ended{0};
    Runtime runtime(config);
    for (int round = 1; round <= 3; ++round) {
      runtime.run([&] {
        for (int i = 0; i < 10; ++i) {
          spawn([&] {
            yield();
            spawn([&] {
              sleep_for(os::kMillisecond);
              ended.fetch_add(1);
            }).detach();
            ended.fetch_add(1);
          }).detach();
        }
      });
      REQUIRE(ended.load() == 20 * round);
    }
    REQUIRE(runtime.stats().spawned == 21 * 3);
  }
}

TEST_CASE("Runtimes follow one another, and two kernel threads run one each") {
  for (const Config& config : testing::every_configuration()) {
    INFO(testing::describe(config));
    lwp::atomic<int> ran{0};
    auto use = [&] {
      for (int i = 0; i < 5; ++i) {
        Runtime runtime(config);
        runtime.run([&] {
          std::vector<Fiber> fibers;
          for (int k = 0; k < 8; ++k) {
            fibers.push_back(spawn([&] {
              yield();
              ran.fetch_add(1);
            }));
          }
        });
      }
    };
    use();
    os::Thread one("one", use), two("two", use);
    one.join();
    two.join();
    REQUIRE(ran.load() == 3 * 5 * 8);
  }
}

TEST_CASE("A configuration that cannot run is refused with what to type instead") {
  auto why = [](Config c) { return refuse(c).value_or("accepted"); };
  CHECK(why({.policy = "lottery9"}).find("there are: fifo") != std::string::npos);
  CHECK(why({.lwps = 5000}).find("1 to 1024") != std::string::npos);
  CHECK(why({.lwps = -1}).find("1 to 1024") != std::string::npos);
  CHECK(why({.mapping = Mapping::many_to_one, .lwps = 4}).find("many-to-many") !=
        std::string::npos);
  CHECK(
      why({.mapping = Mapping::one_to_one, .engine = Engine::boost_fiber}).find("--engine weft") !=
      std::string::npos);
  CHECK(why({.stack_bytes = 100}).find("16384 or more") != std::string::npos);
  CHECK(why({}) == "accepted");
  CHECK_THROWS_AS(Runtime({.lwps = -1}), std::invalid_argument);
}

TEST_CASE("blocking() is counted, and the time the others lost by it") {
  for (const Config& config : testing::every_configuration()) {
    INFO(testing::describe(config));
    Runtime runtime(config);
    runtime.run([&] {
      Fiber other = spawn([] {});  // ready while we block, if we share its LWP
      int result = blocking("nap", [] {
        os::sleep_until(os::now() + 3 * os::kMillisecond);
        return 5;
      });
      if (result != 5) throw std::logic_error("the result is passed on");
      blocking("nothing", [] {});
      other.join();
    });
    Stats s = runtime.stats();
    CHECK(s.blocking_calls == 2);
    CHECK(s.blocked_ns >= 3 * os::kMillisecond);
    if (config.mapping == Mapping::many_to_one) {
      CHECK(s.ready_at_block >= 1);
      CHECK(s.blocked_while_ready_ns >= 3 * os::kMillisecond);
    }
    CHECK(s.blocked_while_ready_ns <= s.blocked_ns);
  }
}

}  // namespace
}  // namespace weft::fibers
