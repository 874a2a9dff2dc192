// SPDX-License-Identifier: BSL-1.0
// One takes, one gives, on two LWPs at the same time.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Semaphore permits(0);
  int given = 0;
  Fiber taker = spawn({.name = "taker"}, [&] {
    for (int i = 1; i <= 2; ++i) {
      pass();
      permits.acquire();
      check(given >= i, "one-too-many");
    }
  });
  for (int i = 0; i < 2; ++i) {
    pass();
    ++given;
    permits.release();
  }
}
