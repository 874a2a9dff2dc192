// SPDX-License-Identifier: BSL-1.0
// A reader waits for 20 ms. It is the ticker's tenth tick that brings what it waits for.
#include "stage.hpp"

void program() {
  using namespace stage;
  Stage scheduler;
  Clock clock(2 * kMillisecond, 12);
  Pipe pipe;
  int ticks = 0;
  Actor reader("reader", [&] {
    expect(pipe.read_end(), 'x');
    weft::figure("ticks", ticks);
    check(ticks == 10, "stalled");
  });
  Actor ticker("ticker", [&] {
    while (ticks < 10) {
      clock.tick();
      ++ticks;
    }
    pipe.put("x");
  });
  reader.join();
  ticker.join();
}
