// SPDX-License-Identifier: BSL-1.0
// Many sleepers, and which clock they sleep by.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "fibers/sync.hpp"
#include "tests/fibers/every_configuration.hpp"

namespace weft::fibers {
namespace {

using testing::Collector;
using testing::run_everywhere;
using testing::run_under;

// Time moves only when we say so: everybody whose deadline has come wakes up, and nobody else.
TEST_CASE("Thousands of sleepers on a clock moved by hand wake at their deadlines") {
  for (int lwps : {1, 2}) {
    os::ManualClock clock;
    const os::Nanos start = os::now();
    Config config{.mapping = lwps == 1 ? Mapping::many_to_one : Mapping::many_to_many,
                  .lwps = lwps};
    constexpr int kSleepers = 3000, kSteps = 10;
    run_under(config, [&](Collector& seen) {
      lwp::atomic<int> awake{0}, asleep{0};
      std::vector<Fiber> sleepers;
      // A step has come when all who sleep no longer than it are awake.
      for (int i = 0; i < kSleepers; ++i) {
        sleepers.push_back(spawn([&, i] {
          os::Nanos deadline = start + (i % kSteps + 1) * os::kSecond;
          asleep.fetch_add(1);
          sleep_until(deadline);
          seen.expect(os::now() >= deadline, "early");
          awake.fetch_add(1);
        }));
      }
      while (asleep.load() < kSleepers) yield();
      for (int step = 1; step <= kSteps; ++step) {
        for (int i = 0; i < 100; ++i) yield();
        seen.equal(awake.load(), (step - 1) * kSleepers / kSteps, "before the step");
        clock.advance(os::kSecond);
        while (awake.load() < step * kSleepers / kSteps) yield();
      }
    });
  }
}

// A step of the wall clock cannot be made in a test without harm to others. What can be seen: our
// clock is the monotonic one, and so is every timer that the kernel keeps for us.
TEST_CASE("Deadlines are of the monotonic clock which no step of the wall clock moves") {
  timespec t;
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  os::Nanos before = t.tv_sec * os::kSecond + t.tv_nsec;
  os::Nanos ours = os::now();
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  CHECK(ours >= before);
  CHECK(ours <= t.tv_sec * os::kSecond + t.tv_nsec);

  run_everywhere([](Collector& seen) {
    Fiber sleeper = spawn([] { sleep_for(os::kMillisecond); });
    while (!testing::waits_for(sleeper.id(), "sleep") && sleeper.joinable()) {
      if (sleeper.join_until(0)) break;
      yield();
    }
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) {
        if (line.starts_with("clockid:")) {
          seen.equal(std::atoi(line.c_str() + 8), CLOCK_MONOTONIC, "a timerfd's clock");
        }
      }
    }
  });
}

}  // namespace
}  // namespace weft::fibers
