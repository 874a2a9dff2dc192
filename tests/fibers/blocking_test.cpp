// SPDX-License-Identifier: BSL-1.0
// A blocking call stops only its own fiber, announced or not: where it does, the other fiber of
// these scenarios is what ends the call, so a runtime that holds would hang (and be ended).
#include <cerrno>
#include <stdexcept>

#include "fibers/fiber.hpp"
#include "fibers/io.hpp"
#include "fibers/sync.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using testing::Collector;

/// A raw kernel sleep that somebody else ends.
class Gate {
 public:
  Gate() : pipe_(std::move(os::pipe()).value()) {}
  void open() {
    std::byte one[1]{};
    (void)os::write(pipe_[1].get(), one).error();
  }
  bool pass() {
    std::byte one[1];
    auto n = os::read(pipe_[0].get(), one);
    return n && *n == 1;
  }
  int descriptor() const { return pipe_[0].get(); }

 private:
  std::array<os::Fd, 2> pipe_;
};

// Opaque: the compiler would remember errno's address across a switch to another kernel thread.
[[gnu::noinline]] int error_number() {
  lwp::compiler_fence();
  return errno;
}

Config handoff(int lwps) {
  return {.mapping = Mapping::many_to_many, .lwps = lwps, .on_block = OnBlock::handoff};
}
bool can_revoke() {
  return os::has(os::Feature::membarrier);
}

/// Where an announced call stops only its own fiber.
std::vector<Config> freeing() {
  std::vector<Config> out = {handoff(1), handoff(2)};
  for (Config config : testing::every_configuration()) {
    config.on_block = config.mapping == Mapping::one_to_one ? OnBlock::hold : OnBlock::offload;
    out.push_back(config);
  }
  return out;
}

TEST_CASE("blocking stops only its own fiber under handoff, offload and one-to-one") {
  for (const Config& config : freeing()) {
    INFO(testing::describe(config) << " " << name(config.on_block));
    Collector seen;
    Runtime runtime(config);
    runtime.run([&] {
      Gate gate;
      Fiber opener = spawn([&] { gate.open(); });
      bool passed = blocking("a pipe", [&] { return gate.pass(); });
      seen.expect(passed, "the result of the call");
      opener.join();
      // Somebody becomes ready only while the call goes on.
      Fiber later = spawn([&] {
        sleep_for(3 * os::kMillisecond);
        gate.open();
      });
      yield();
      if (config.on_block != OnBlock::handoff || can_revoke()) {
        blocking("a pipe", [&] { gate.pass(); });
      }
    });
    seen.drain();
  }
}

TEST_CASE("blocking returns results, throws what its call throws, and keeps errno") {
  for (const Config& config : freeing()) {
    INFO(testing::describe(config) << " " << name(config.on_block));
    Collector seen;
    Runtime runtime(config);
    runtime.run([&] {
      auto text = blocking("text", [] { return std::make_unique<std::string>("moved"); });
      seen.expect(*text == "moved", "a result that can only be moved");
      try {
        blocking("throws", [] { throw std::runtime_error("inside"); });
        seen.expect(false, "it threw");
      } catch (const std::runtime_error& e) {
        seen.expect(std::string(e.what()) == "inside", e.what());
      }
      blocking("fails", [] { errno = ENOTDIR; });
      seen.equal(error_number(), ENOTDIR, "errno of the call");
    });
    seen.drain();
    CHECK(runtime.stats().offloaded == (config.on_block == OnBlock::offload ? 3u : 0u));
  }
}

TEST_CASE("A call that nobody announced stops only its own fiber under handoff") {
  if (!can_revoke()) return;
  for (int lwps : {1, 2}) {
    INFO(lwps << " LWPs");
    Collector seen;
    Runtime runtime(handoff(lwps));
    runtime.run([&] {
      std::vector<Gate> gates(6);
      std::vector<Fiber> blocked;
      for (auto& gate : gates) blocked.push_back(spawn([&] { gate.pass(); }));
      Fiber opener = spawn([&] {
        for (int i = 0; i < 5; ++i) yield();
        for (auto& gate : gates) gate.open();
      });
      opener.join();
      for (auto& f : blocked) f.join();
    });
    seen.drain();
    CHECK(runtime.stats().episodes.unannounced >= 1);
  }
}

TEST_CASE("A raw call does not delay timers, descriptors and threads outside for long") {
  if (!can_revoke()) return;
  for (int lwps : {1, 2}) {
    INFO(lwps << " LWPs");
    Collector seen;
    Runtime runtime(handoff(lwps));
    Gate timer, event, outside;
    os::Thread thread;
    runtime.run([&] {
      auto wakes = std::move(os::pipe(true)).value();
      Fiber sleeper = spawn([&] {
        sleep_for(3 * os::kMillisecond);
        timer.open();
      });
      Fiber reader = spawn([&] {
        wait_ready(wakes[0].get(), os::kReadable);
        event.open();
      });
      // Each LWP sleeps in the kernel, and nothing is ready.
      std::vector<Fiber> raw;
      for (int i = 1; i < lwps; ++i) raw.push_back(spawn([&] { outside.pass(); }));
      yield();
      timer.pass();
      thread = os::Thread("outside", [&] {
        std::byte one[1]{};
        (void)os::write(wakes[1].get(), one).error();
        for (int i = 0; i < lwps; ++i) outside.open();
      });
      event.pass();
      outside.pass();
      for (auto& f : raw) f.join();
      sleeper.join();
      reader.join();
      thread.join();
    });
    seen.drain();
  }
}

TEST_CASE("Handoff never runs more fibers than permits nor makes more LWPs than it may") {
  for (int lwps : {1, 2}) {
    INFO(lwps << " LWPs");
    Collector seen;
    Config config = handoff(lwps);
    config.max_lwps = lwps + 2;
    Runtime runtime(config);
    lwp::atomic<int> inside{0};
    runtime.run([&] {
      std::vector<Fiber> fibers;
      std::vector<Gate> gates(12);
      for (std::size_t i = 0; i < gates.size(); ++i) {
        fibers.push_back(spawn([&, i] {
          for (int round = 0; round < 20; ++round) {
            gates[i].open();  // so that it blocks at times only
            blocking("a pipe", [&] { gates[i].pass(); });
            seen.expect(inside.fetch_add(1) < lwps, "as many as permits");
            inside.fetch_sub(1);
            if (round % 3 == 0) yield();
          }
        }));
      }
      for (auto& f : fibers) f.join();
      seen.expect(runtime.stats().lwps <= lwps + 2, "at most --max-lwps");
    });
    seen.drain();
  }
}

TEST_CASE("Each episode says who blocked, in which call, and who had to wait (alone)") {
  for (bool hands_off : {false, true}) {
    if (hands_off && !can_revoke()) continue;
    for (bool announced : {false, true}) {
      INFO((hands_off ? "handoff" : "hold") << (announced ? ", announced" : ", noticed"));
      Config config = hands_off ? handoff(1) : Config{.mapping = Mapping::many_to_one};
      config.notice_blocking = true;
      Runtime runtime(config);
      Gate gate;
      std::uint64_t blocked = 0, victim = 0;
      runtime.run([&] {
        blocked = this_id();
        Fiber waits = spawn({"victim"}, [&] {});
        victim = waits.id();
        yield();
        Fiber ready = spawn({"victim"}, [&] {
          if (!hands_off) return;
          // The end of a call that was noticed is reckoned by a CPU clock: it must last longer than
          // that is wrong by.
          sleep_for(3 * os::kMillisecond);
          gate.open();
        });
        victim = ready.id();
        os::Thread opener;
        if (!hands_off) {
          // Opens once the sentinel has charged somebody: that is what is to be seen.
          opener = os::Thread("opener", [&] {
            os::Nanos patience = os::now() + 5 * os::kSecond;
            while (runtime.stats().episodes.noticed == 0 && os::now() < patience) {
              os::sleep_until(os::now() + os::kMillisecond);
            }
            os::sleep_until(os::now() + 3 * os::kMillisecond);
            gate.open();
          });
        }
        if (announced) {
          blocking("a pipe", [&] { gate.pass(); });
        } else {
          gate.pass();
        }
        waits.join();
        ready.join();
      });
      auto episodes = runtime.episodes();
      REQUIRE(episodes.size() == 1);
      const auto& e = episodes.front();
      CHECK(e.task == blocked);
      CHECK(std::string(e.name.data()) == "main");
      CHECK(e.lwp == 1);
      CHECK((e.announced != nullptr) == announced);
      CHECK(e.handed_off == hands_off);
      CHECK(e.ready_at_begin == 1);
      CHECK(e.length > 0);
      CHECK(runtime.stats().episodes.count == 1);
      if (!hands_off) {
        CHECK(e.collateral > 0);
        CHECK(e.victims[0] == victim);
      }
      if (!announced || !hands_off) {
        if (os::has(os::Feature::proc_syscall)) {
          CHECK(std::string(e.call == nullptr ? "" : e.call) == "read");
          CHECK(e.descriptor == gate.descriptor());
          CHECK(std::string(e.path.data()).starts_with("pipe:["));
        }
      }
    }
  }
}

TEST_CASE("Handoff and offload are refused where they cannot be") {
  CHECK(refuse({.mapping = Mapping::many_to_one, .on_block = OnBlock::handoff}));
  CHECK(refuse({.engine = Engine::boost_fiber, .on_block = OnBlock::handoff}));
  CHECK(refuse({.lwps = 4, .max_lwps = 3}));
  CHECK_FALSE(refuse({.mapping = Mapping::one_to_one, .on_block = OnBlock::handoff}));
  CHECK_FALSE(refuse({.engine = Engine::boost_fiber, .on_block = OnBlock::offload}));
}

}  // namespace
}  // namespace weft::fibers
