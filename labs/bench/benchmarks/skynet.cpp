// SPDX-License-Identifier: BSL-1.0
// A tree of fibers: each has ten children and sums what they bring, down to the leaves, which bring
// their number. The figure is the time per fiber, so that trees of different size compare: under
// newest-first the tree is walked in depth, and few fibers exist at once; who runs the oldest first
// holds the whole tree, stacks and all. Where that is so the tree is smaller.
#include <algorithm>
#include <array>
#include <numeric>
#include <stdexcept>

#include "labs/bench/place.hpp"

namespace weft::labs::bench {
namespace {

constexpr long kChildren = 10;

long sum(long first, long leaves) {
  if (leaves == 1) return first;
  std::array<long, kChildren> brought;
  std::array<fibers::Fiber, kChildren> children;
  const long each = leaves / kChildren;
  for (std::size_t i = 0; i < kChildren; ++i) {
    children[i] = fibers::spawn([first, each, i, out = &brought[i]] {
      *out = sum(first + static_cast<long>(i) * each, each);
    });
  }
  for (auto& child : children) child.join();
  return std::accumulate(brought.begin(), brought.end(), 0L);
}

// `fibers` is leaves and all above them but the root: 10 + 100 + … + leaves.
double tree(const Place& place, long fibers) {
  const long leaves = (fibers * (kChildren - 1) + kChildren) / kChildren;
  return in_fiber(place, [=] {
    return each(fibers, [&] {
      if (sum(0, leaves) != leaves * (leaves - 1) / 2) throw std::logic_error("skynet: wrong sum");
    });
  });
}

long fibers_of(const Place& place, bool quick) {
  if (place.engine == Engine::weft) return quick ? 111'110 : 1'111'110;
  return quick || place.engine == Engine::pthread ? 1'110 : 11'110;
}

std::vector<Row> rows(const Scale& scale) {
  std::vector<Row> rows;
  for (int lwps : {1, scale.lwps}) {
    for (Place place : places(lwps)) {
      if (place.engine == Engine::weft) place.policy = "newest-first";
      rows.push_back(place.row("skynet"));
      rows.back().run = [place](long fibers) { return tree(place, fibers); };
      rows.back().operations = fibers_of(place, scale.quick);
      if (place.engine != Engine::weft) continue;
      rows.back().target =
          lwps == 1 ? Target{2.4, "spawn-join/bare/1"} : Target{0.75, "skynet/weft/1"};
    }
    if (scale.lwps == 1) break;
  }
  return rows;
}

const RegisterBenchmark registered({60, "skynet", rows});

}  // namespace
}  // namespace weft::labs::bench
