// SPDX-License-Identifier: BSL-1.0
// Who is woken once is ready once: a second wake-up would come during the next join.
#include "stage.hpp"

void program() {
  stage::run([] {
    lab::start();
    int turns = -1;
    auto* quick = stage::create([] {});
    auto* slow = stage::create([&] {
      lab::yield();  // the first thread comes back from its first join, and joins again
      const int before = stage::turns_of_main;
      for (int i = 0; i < 4; ++i) lab::yield();
      turns = stage::turns_of_main - before;
    });
    lab::join(quick);
    stage::blame = "wakes-twice";
    lab::join(slow);
    if (turns > 0) weft::figure("waiting", turns);
    weft::check(turns == 0, "wakes-twice");
  });
}
