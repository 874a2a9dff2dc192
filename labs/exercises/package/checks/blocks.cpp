// SPDX-License-Identifier: BSL-1.0
// Who joins is not run while it waits.
#include "stage.hpp"

void program() {
  stage::run([] {
    lab::start();
    int turns = -1;
    auto* thread = stage::create([&] {
      const int before = stage::turns_of_main;
      for (int i = 0; i < 5; ++i) lab::yield();
      turns = stage::turns_of_main - before;
    });
    lab::join(thread);
    weft::check(turns >= 0, "returns-early");
    weft::figure("waiting", turns);
    weft::check(turns == 0, "join-polls");
  });
}
