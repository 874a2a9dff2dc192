// SPDX-License-Identifier: BSL-1.0
// Permits that are given before anybody asks are kept, each of them.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Semaphore permits(0);
  for (int i = 0; i < 3; ++i) permits.release();
  int got = 0;
  Fiber taker = spawn({.name = "taker"}, [&] {
    for (int i = 0; i < 4; ++i) {
      permits.acquire();
      ++got;
    }
  });
  sleep_for(kMillisecond);
  weft::figure("got", got);
  check(got >= 3, "forgets-permits");
  check(got == 3, "counts-wrong");
  permits.release();
}
