// SPDX-License-Identifier: BSL-1.0
// A thread ends in the middle of a call.
#include "stage.hpp"

void program() {
  stage::run([] {
    lab::start();
    struct Deep {
      static void end(int calls) {
        if (calls > 0) end(calls - 1);
        lab::exit();
        weft::check(false, "exit-returns");
      }
    };
    stage::blame = "exit-returns";
    bool began = false;
    auto* ends = stage::create([&] {
      began = true;
      Deep::end(3);
    });
    auto* other = stage::create([] { lab::yield(); });
    lab::join(ends);
    weft::check(began, "returns-early");
    lab::join(other);
  });
}
