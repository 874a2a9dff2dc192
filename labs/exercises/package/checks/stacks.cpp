// SPDX-License-Identifier: BSL-1.0
// Twenty-four threads one after the other, at most four at a time: each stack is given back.
#include "stage.hpp"

void program() {
  stage::run([] {
    lab::start();
    const int before = stage::alive;
    for (int round = 0; round < 6; ++round) {
      lab::Thread* threads[4];
      for (auto& thread : threads) thread = stage::create([] {});
      for (auto* thread : threads) lab::join(thread);
      stage::expect_alive(before, "keeps-stacks");
    }
  });
}
