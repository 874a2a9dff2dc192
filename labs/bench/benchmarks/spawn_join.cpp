// SPDX-License-Identifier: BSL-1.0
// Make an empty fiber, run it, join it; stacks come from a pool. Bare: the same with a fiber of
// Boost.Context, so without a name, a number, or anybody else who could be scheduled.
#include "fibers/switch_bare.hpp"
#include "labs/bench/place.hpp"

namespace weft::labs::bench {
namespace {

volatile bool ran;

double bare(long operations) {
  fibers::BareStacks stacks(64 * 1024);
  return each(operations, [&] {
    for (long i = 0; i < operations; ++i) stacks.run([] { ran = true; });
  });
}

double spawns(const Place& place, long operations) {
  return in_fiber(place, [operations] {
    return each(operations, [operations] {
      for (long i = 0; i < operations; ++i) fibers::spawn([] { ran = true; }).join();
    });
  });
}

std::vector<Row> rows(const Scale&) {
  std::vector<Row> rows{{.name = "spawn-join", .engine = Engine::bare, .run = bare}};
  for (const Place& place : places(1)) {
    rows.push_back(place.row("spawn-join"));
    rows.back().run = [place](long operations) { return spawns(place, operations); };
    if (place.engine == Engine::weft) rows.back().target = Target{2.5, rows.front().id()};
  }
  return rows;
}

const RegisterBenchmark registered({30, "spawn-join", rows});

}  // namespace
}  // namespace weft::labs::bench
