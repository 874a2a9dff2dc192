// SPDX-License-Identifier: BSL-1.0
// Join of a thread that has ended already returns.
#include "stage.hpp"

void program() {
  stage::run([] {
    lab::start();
    bool ended = false;
    auto* thread = stage::create([&] { ended = true; });
    stage::yield_until(ended);
    stage::blame = "waits-for-the-ended";
    lab::join(thread);
    bool other_ended = false;
    auto* other = stage::create([&] { other_ended = true; });
    lab::join(other);
    weft::check(other_ended, "returns-early");
  });
}
