// SPDX-License-Identifier: BSL-1.0
// Join waits until the thread has ended, while another one takes its turns.
#include "stage.hpp"

void program() {
  stage::run([] {
    lab::start();
    bool ended = false;
    stage::create([&] {
      while (!ended) lab::yield();
    });
    auto* thread = stage::create([&] {
      for (int i = 0; i < 3; ++i) lab::yield();
      ended = true;
    });
    stage::blame = "joiner-sleeps";
    lab::join(thread);
    weft::check(ended, "returns-early");
  });
}
