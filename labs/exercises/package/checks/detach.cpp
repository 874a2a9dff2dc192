// SPDX-License-Identifier: BSL-1.0
// Nobody joins a detached thread. Its stack is back when the next one goes on.
#include "stage.hpp"

void program() {
  stage::run([] {
    lab::start();
    const int before = stage::alive;
    bool ended = false;
    lab::detach(stage::create([&] {
      lab::yield();
      ended = true;
    }));
    stage::yield_until(ended);
    weft::check(ended, "detach-ends-it");
    stage::expect_alive(before, "detached-keeps-stack");
    ended = false;
    auto* other = stage::create([&] { ended = true; });
    stage::yield_until(ended);
    lab::detach(other);  // it has ended already
    stage::expect_alive(before, "detached-keeps-stack");
  });
}
