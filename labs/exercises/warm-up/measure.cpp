// SPDX-License-Identifier: BSL-1.0
// What the lab shows: in 200 ms of waiting, how often the ticker ticks each millisecond, and its
// longest gap.
#include <algorithm>

#include "checks/stage.hpp"

void program() {
  using namespace stage;
  Pipe pipe;
  bool done = false;
  long ticks = 0, longest = 0, last = weft::lwp::os::now();
  auto reader = spawn({.name = "reader"}, [&] {
    char room[4];
    (void)lab::read_some(pipe.end(), room);
    done = true;
  });
  auto ticker = spawn({.name = "ticker"}, [&] {
    do {
      sleep_for(kMillisecond);
      const long now = weft::lwp::os::now();
      longest = std::max(longest, now - last);
      last = now;
      if (!done) ++ticks;
    } while (!done);
  });
  // Outside, as a network would: a kernel thread writes.
  weft::lwp::os::Thread network("network", [&] {
    weft::lwp::os::sleep_until(weft::lwp::os::now() + 200 * kMillisecond);
    pipe.put("x");
  });
  reader.join();
  ticker.join();
  weft::figure("ticks", static_cast<double>(ticks));
  weft::figure("gap", static_cast<double>(longest) / kMillisecond);
}
