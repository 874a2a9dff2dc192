// SPDX-License-Identifier: BSL-1.0
// Eight fibers on two LWPs add to one number under one mutex. Fast is easy for a mutex that lets
// one fiber keep it; so the fairness is measured, too: what the fiber that came to add least often
// has added, as a share of the mean.
#include <algorithm>
#include <array>

#include "fibers/sync.hpp"
#include "labs/bench/place.hpp"

namespace weft::labs::bench {
namespace {

constexpr std::size_t kFibers = 8;

struct Result {
  double each_ns = 0;
  double fewest = 0;  // of the mean
};

Result additions(const Place& place, long operations) {
  Result result;
  result.each_ns = in_fiber(place, [&] {
    fibers::Mutex mutex;
    long sum = 0;
    struct alignas(64) Own {
      long added = 0;
    };
    std::array<Own, kFibers> own;
    auto adder = [&](Own& mine) {
      for (bool more = true; more; ++mine.added) {
        std::unique_lock lock(mutex);
        more = ++sum < operations;
      }
    };
    double ns = each(operations, [&] {
      std::array<fibers::Fiber, kFibers> fibers;
      for (std::size_t i = 0; i < kFibers; ++i) {
        fibers[i] = fibers::spawn([&adder, &mine = own[i]] { adder(mine); });
      }
      for (auto& fiber : fibers) fiber.join();
    });
    auto fewest = std::ranges::min(own, {}, &Own::added).added;
    result.fewest = static_cast<double>(fewest) * kFibers / static_cast<double>(sum);
    return ns;
  });
  return result;
}

std::vector<Row> rows(const Scale& scale) {
  std::vector<Row> rows;
  if (scale.lwps == 1) return rows;
  for (const Place& place : places(scale.lwps)) {
    Row time = place.row("mutex"), share = place.row("mutex-fewest");
    time.run = [place](long operations) { return additions(place, operations).each_ns; };
    share.run = [place](long operations) { return additions(place, operations).fewest; };
    share.unit = "";
    share.operations = scale.quick ? 100'000 : 500'000;  // long enough for turns to even out
    // Of the others some pass it on each time, at a microsecond or at fifty, as chance has it.
    if (place.engine != Engine::weft) time.operations = share.operations = 10'000;
    share.most_runs = 5;
    if (place.engine == Engine::weft) {
      time.target = Target{25, ""};
      share.target = Target{0.5, "", true};
    }
    rows.push_back(std::move(time));
    rows.push_back(std::move(share));
  }
  return rows;
}

const RegisterBenchmark registered({70, "mutex", rows});

}  // namespace
}  // namespace weft::labs::bench
