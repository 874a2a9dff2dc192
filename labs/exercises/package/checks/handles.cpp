// SPDX-License-Identifier: BSL-1.0
// A thread that has ended, but is not joined, still has its handle to itself.
#include "stage.hpp"

void program() {
  stage::run([] {
    lab::start();
    bool ended = false, other_ended = false;
    auto* thread = stage::create([&] { ended = true; });
    stage::yield_until(ended);
    stage::blame = "handle-reused";
    auto* other = stage::create([&] {
      for (int i = 0; i < 3; ++i) lab::yield();
      other_ended = true;
    });
    weft::check(thread != other, "handle-reused");
    lab::join(thread);
    weft::check(!other_ended, "handle-reused");
    lab::join(other);
    weft::check(other_ended, "handle-reused");
  });
}
