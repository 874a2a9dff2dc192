// SPDX-License-Identifier: BSL-1.0
// Two fibers that take turns by a mutex and a condition variable; one operation is a round trip.
#include "fibers/sync.hpp"
#include "labs/bench/place.hpp"

namespace weft::labs::bench {
namespace {

double round_trips(const Place& place, long operations) {
  return in_fiber(place, [operations] {
    fibers::Mutex mutex;
    fibers::ConditionVariable turned;
    int turn = 0;
    auto player = [&](int me) {
      for (long i = 0; i < operations; ++i) {
        std::unique_lock lock(mutex);
        while (turn != me) turned.wait(lock);
        turn = 1 - me;
        turned.notify_one();
      }
    };
    return each(operations, [&] {
      auto other = fibers::spawn([&] { player(1); });
      player(0);
      other.join();
    });
  });
}

std::vector<Row> rows(const Scale&) {
  std::vector<Row> rows;
  for (const Place& place : places(1)) {
    rows.push_back(place.row("ping-pong"));
    rows.back().run = [place](long operations) { return round_trips(place, operations); };
    if (place.engine == Engine::weft) rows.back().target = Target{13, std::string(kUnit)};
  }
  return rows;
}

const RegisterBenchmark registered({40, "ping-pong", rows});

}  // namespace
}  // namespace weft::labs::bench
