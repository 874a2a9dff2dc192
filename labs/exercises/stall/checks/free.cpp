// SPDX-License-Identifier: BSL-1.0
// A call keeps its kernel thread for 20 ms. A ticker ticks meanwhile, and in the fifth somebody
// wakes the caller for no reason.
#include <ctime>

#include "stage.hpp"

void program() {
  using namespace stage;
  Stage scheduler(false);
  Clock clock(2 * kMillisecond, 12);
  int ticks = 0;
  Actor caller("caller", [&] {
    int on = 0;
    const long got = lab::run_blocking([&] {
      on = os::thread_id();
      const timespec t{0, 20 * kMillisecond};
      ::nanosleep(&t, nullptr);
      return 42L;
    });
    weft::figure("ticks", ticks);
    check(on != lwp, "on-the-lwp");
    check(got == 42, "wrong-result");
    check(ticks >= 9, "keeps-the-lwp");
  });
  Actor ticker("ticker", [&] {
    while (ticks < 10) {
      clock.tick();
      ++ticks;
    }
  });
  Network network([&](auto at) {
    at(5);
    wake(caller.handle());
  });
  caller.join();
  ticker.join();
}
