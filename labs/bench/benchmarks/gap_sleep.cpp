// SPDX-License-Identifier: BSL-1.0
// One fiber sleeps in the kernel for 200 ms and tells nobody; another one yields all the time, on
// the same CPU. The figure is the longest time it had to wait for its next turn.
#include <algorithm>

#include "labs/bench/place.hpp"

namespace weft::labs::bench {
namespace {

double worst_gap(const Place& place, os::Nanos sleep) {
  return in_fiber(place, [sleep] {
    lwp::atomic<bool> over{false};
    os::Nanos worst = 0;
    auto ticker = fibers::spawn([&] {
      os::Nanos last = os::now();
      while (!over.load(lwp::memory_order_relaxed)) {
        fibers::yield();
        os::Nanos now = os::now();
        worst = std::max(worst, now - last);
        last = now;
      }
    });
    fibers::yield();  // the ticker ticks
    os::sleep_until(os::now() + sleep);
    over.store(true, lwp::memory_order_relaxed);
    ticker.join();
    return static_cast<double>(worst);
  });
}

std::vector<Row> rows(const Scale& scale) {
  const os::Nanos sleep = (scale.quick ? 50 : 200) * os::kMillisecond;
  auto all = places(1);
  all.insert(all.begin(),
             {Engine::weft, fibers::Mapping::many_to_many, 1, fibers::OnBlock::handoff});
  std::vector<Row> rows;
  for (const Place& place : all) {
    const bool noticed = place.on_block == fibers::OnBlock::handoff;
    rows.push_back(place.row(noticed ? "gap-sleep+handoff" : "gap-sleep"));
    rows.back().run = [place, sleep](long) { return worst_gap(place, sleep); };
    rows.back().operations = 1;
    if (noticed) {
      rows.back().target = Target{0.3e6, ""};
    } else {
      rows.back().most_runs = 3;  // it waits for all of the sleep, or for the kernel's next tick
    }
  }
  return rows;
}

const RegisterBenchmark registered({80, "gap-sleep", rows});

}  // namespace
}  // namespace weft::labs::bench
