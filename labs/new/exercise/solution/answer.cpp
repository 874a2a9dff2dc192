// SPDX-License-Identifier: BSL-1.0
#include "answer.hpp"

#include "fibers/explore.hpp"

namespace lab {

namespace {
weft::atomic<int> count = 0;
}

int answer() {
  count.fetch_add(1);
  return 42;
}
int asked() {
  return count.load();
}

}  // namespace lab
