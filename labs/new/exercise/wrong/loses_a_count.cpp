// SPDX-License-Identifier: BSL-1.0
// expect: exercise.lost
// Reads, and writes later.
#include "answer.hpp"
#include "fibers/explore.hpp"

namespace lab {
namespace {
weft::atomic<int> count = 0;
}
int answer() {
  count.store(count.load() + 1);
  return 42;
}
int asked() {
  return count.load();
}
}  // namespace lab
