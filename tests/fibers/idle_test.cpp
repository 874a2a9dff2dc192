// SPDX-License-Identifier: BSL-1.0
#include <sys/resource.h>

#include "fibers/channel.hpp"
#include "fibers/io.hpp"
#include "fibers/sync.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

TEST_CASE("A runtime in which everybody waits uses no CPU (alone)") {
  for (const Config& config : testing::every_configuration()) {
    testing::run_under(config, [&](testing::Collector& seen) {
      Listener listener(std::move(os::listen({})).value());
      Mutex mutex;
      Semaphore never(0), about_to(0);
      ConditionVariable changed;
      Channel<int> channel(0);
      std::vector<Fiber> fibers;
      os::Nanos wake = os::now() + os::kSecond;
      for (int i = 0; i < 5; ++i) {
        fibers.push_back(spawn([&] { channel.receive(); }));
        fibers.push_back(spawn([&] { never.acquire_until(wake); }));
        fibers.push_back(spawn([&] { (void)listener.accept(wake).error(); }));
        fibers.push_back(spawn([&] {
          std::unique_lock lock(mutex);
          changed.wait_until(lock, wake);
        }));
      }
      for (auto& f : fibers) {
        while (!testing::waits_for(f.id(), "channel receive") &&
               !testing::waits_for(f.id(), "semaphore") &&
               !testing::waits_for(f.id(), "readable fd") &&
               !testing::waits_for(f.id(), "condition variable")) {
          yield();
        }
      }
      sleep_for(5 * os::kMillisecond);  // LWPs fall asleep
      os::Nanos cpu = os::process_cpu();
      sleep_for(60 * os::kMillisecond);
      os::Nanos used = os::process_cpu() - cpu;
      seen.expect(used < 3 * os::kMillisecond,
                  "used " + std::to_string(used / 1000) + " µs of 60 ms");
      channel.close();
      never.release(5);
      changed.notify_all();
      for (int i = 0; i < 5; ++i) {
        (void)Socket::connect({.port = os::local_port(listener.fd()).value()}).error();
      }
    });
  }
}

// Spares, the sentinel and its helpers, too, sleep until something happens.
TEST_CASE("A program that waits wakes nobody even after calls were noticed (alone)") {
  if (!os::has(os::Feature::membarrier)) return;
  for (int lwps : {1, 2}) {
    Config config{.mapping = Mapping::many_to_many, .lwps = lwps, .on_block = OnBlock::handoff};
    testing::run_under(config, [&](testing::Collector& seen) {
      auto pipe = std::move(os::pipe()).value();
      Fiber blocked = spawn([&] {
        std::byte one[1];
        (void)os::read(pipe[0].get(), one).error();
      });
      Fiber opener = spawn([&] {
        for (int i = 0; i < 5; ++i) yield();
        std::byte one[1]{};
        (void)os::write(pipe[1].get(), one).error();
      });
      blocked.join();
      opener.join();
      sleep_for(20 * os::kMillisecond);  // all fall asleep
      auto wake_ups = [] {
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        return usage.ru_nvcsw;
      };
      long before = wake_ups();
      sleep_for(200 * os::kMillisecond);
      long woken = wake_ups() - before;
      // Its end wakes an LWP, perhaps two, and the sentinel. A look each millisecond would be 200.
      seen.expect(woken <= 20, "woken " + std::to_string(woken) + " times in 200 ms");
    });
  }
}

TEST_CASE("An LWP that looks for work before it sleeps hears of it without the kernel's help") {
  Config config{.mapping = Mapping::many_to_one, .spin = kLongestSpin};
  testing::run_under(config, [&](testing::Collector& seen) {
    auto there = std::move(os::pipe(true)).value(), back = std::move(os::pipe()).value();
    constexpr int kRounds = 50;
    os::Thread answers("answers", [&] {
      std::byte one[1]{};
      for (int i = 0; i < kRounds; ++i) {
        (void)os::read(back[0].get(), one).error();
        (void)os::write(there[1].get(), one).error();
      }
    });
    const auto sleeps = [] {
      rusage usage{};
      ::getrusage(RUSAGE_THREAD, &usage);
      return usage.ru_nvcsw;
    };
    const long before = sleeps();
    for (int i = 0; i < kRounds; ++i) {
      std::byte one[1]{};
      (void)os::write(back[1].get(), one).error();
      while (!os::read(there[0].get(), one)) wait_ready(there[0].get(), os::kReadable);
    }
    const long slept = sleeps() - before;
    answers.join();
    seen.expect(slept <= kRounds / 5, "slept " + std::to_string(slept) + " times");
  });
}

TEST_CASE("LWPs that spin find timers and each other, and end") {
  for (const auto mapping : {Mapping::many_to_one, Mapping::many_to_many}) {
    const Config config{.mapping = mapping,
                        .lwps = mapping == Mapping::many_to_many ? 3 : 0,
                        .spin = os::kMillisecond};
    testing::run_under(config, [&](testing::Collector& seen) {
      sleep_for(5 * os::kMillisecond);
      Fiber other = spawn([] { yield(); });
      other.join();
      seen.expect(true, "");
    });
  }
}

}  // namespace
}  // namespace weft::fibers
