// SPDX-License-Identifier: BSL-1.0
// What the lab shows: in 200 ms of waiting, how often the ticker ticks each millisecond, and its
// longest gap; with a read of the kernel's, and with the student's.
#include <algorithm>

#include "checks/stage.hpp"

namespace {

using namespace stage;
using weft::lwp::os::now;

struct Ticker {
  bool done = false;
  long ticks = 0, longest = 0;

  void run() {
    long last = now();
    do {
      sleep_for(kMillisecond);
      longest = std::max(longest, now() - last);
      last = now();
      if (!done) ++ticks;
    } while (!done);
  }
};

template <class Read>
Ticker beside(Read read) {
  Pipe pipe;
  Ticker ticker;
  auto ticks = spawn({.name = "ticker"}, [&] { ticker.run(); });
  weft::fibers::yield();  // it sleeps now, for the first time
  auto reader = spawn({.name = "reader"}, [&] {
    char room[4];
    (void)read(pipe.end(), std::span<char>(room));
    ticker.done = true;
  });
  // Outside, as a network would: a kernel thread writes.
  weft::lwp::os::Thread network("network", [&] {
    weft::lwp::os::sleep_until(now() + 200 * kMillisecond);
    pipe.put("x");
  });
  reader.join();
  ticks.join();
  return ticker;
}

}  // namespace

void program() {
  const Ticker raw =
      beside([](int fd, std::span<char> into) { return ::read(fd, into.data(), into.size()); });
  const Ticker yours = beside(lab::read_some);
  weft::figure("raw-ticks", static_cast<double>(raw.ticks));
  weft::figure("ticks", static_cast<double>(yours.ticks));
  weft::figure("raw-gap", static_cast<double>(raw.longest) / kMillisecond);
  weft::figure("gap", static_cast<double>(yours.longest) / kMillisecond);
}
