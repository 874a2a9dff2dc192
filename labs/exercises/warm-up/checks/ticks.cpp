// SPDX-License-Identifier: BSL-1.0
// One LWP, two fibers beside the reader: a ticker, and a writer that writes after 20 ms.
#include "stage.hpp"

void program() {
  using namespace stage;
  Pipe pipe;
  int ticks = 0;
  bool done = false;
  auto reader = spawn({.name = "reader"}, [&] {
    char room[4];
    const ssize_t n = lab::read_some(pipe.end(), room);
    done = true;
    weft::figure("ticks", ticks);
    weft::check(n == 1 && room[0] == 'x', "wrong-bytes");
    weft::check(ticks >= 9, "stalled");
  });
  auto ticker = spawn({.name = "ticker"}, [&] {
    while (!done && ticks < 100) {
      sleep_for(2 * kMillisecond);
      ++ticks;
    }
  });
  auto writer = spawn({.name = "writer"}, [&] {
    sleep_for(20 * kMillisecond);
    pipe.put("x");
  });
  reader.join();
  ticker.join();
  writer.join();
}
