// SPDX-License-Identifier: BSL-1.0
// What the lab shows: a reader waits for 200 ms, and a ticker ticks each millisecond, first with
// the student's read, then with a raw one. How often does it tick, and what is its longest gap? And
// how often is the kernel asked while the reader waits alone?
#include <algorithm>

#include "checks/stage.hpp"

namespace {

using namespace stage;

struct Seen {
  int ticks = 0;
  lab::Nanos longest = 0;
};

template <class Read>
Seen beside_a_ticker(Read read) {
  Seen seen;
  const lab::Nanos start = os::now();
  Pipe pipe;
  Clock clock(kMillisecond, 201);
  bool done = false;
  Actor reader("reader", [&] {
    char room[4];
    (void)read(pipe.read_end(), std::span<char>(room));
    done = true;
  });
  Actor ticker("ticker", [&] {
    lab::Nanos last = start;
    while (true) {
      seen.longest = std::max(seen.longest, os::now() - last);
      last = os::now();
      if (done) return;
      clock.tick();
      if (!done) ++seen.ticks;
    }
  });
  Network network([&](auto at) {
    at(200);
    pipe.put("x");
  });
  reader.join();
  ticker.join();
  return seen;
}

void alone() {
  Pipe pipe;
  Network network([&](auto at) {
    at(200);
    pipe.put("x");
  });
  char room[4];
  (void)lab::read_some(pipe.read_end(), room);
}

}  // namespace

void program() {
  Actor::held = nullptr;
  Stage scheduler;
  const Seen yours = beside_a_ticker(lab::read_some);
  const Seen raw = beside_a_ticker(
      [](int fd, std::span<char> into) { return ::read(fd, into.data(), into.size()); });
  const int before = asked;
  alone();
  weft::figure("ticks_raw", raw.ticks);
  weft::figure("ticks", yours.ticks);
  weft::figure("gap_raw", static_cast<double>(raw.longest) / kMillisecond);
  weft::figure("gap", static_cast<double>(yours.longest) / kMillisecond);
  weft::figure("asks", asked - before);
}
