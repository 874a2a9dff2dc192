// SPDX-License-Identifier: BSL-1.0
// A read that may take 10 ms. In the fourth a poll ends for another's sake, in the sixth the reader
// is woken for no reason, and a ticker ticks all the time.
#include "stage.hpp"

void program() {
  using namespace stage;
  Stage scheduler;
  Clock clock(2 * kMillisecond, 9);
  Pipe pipe;
  const lab::Nanos start = os::now();
  Actor reader("reader", [&] {
    char room[4];
    const ssize_t n = lab::read_for(pipe.read_end(), room, 10 * kMillisecond);
    const lab::Nanos took = os::now() - start;
    weft::figure("took", static_cast<double>(took) / kMillisecond);
    check(took >= 10 * kMillisecond, "too-early");
    check(took == 10 * kMillisecond, "too-late");
    check(n == -1 && errno == ETIMEDOUT, "no-time-out");
    check(lab::read_for(pipe.read_end(), room, 20 * kMillisecond) == 1, "loses-data");
    check(os::now() - start == 20 * kMillisecond, "too-late");
  });
  Actor ticker("ticker", [&] { clock.ticks(9); });
  Network network([&](auto at) {
    at(4);
    ring();
    at(6);
    wake(reader.handle());
    at(20);
    pipe.put("x");
  });
  reader.join();
  ticker.join();
}
