// SPDX-License-Identifier: BSL-1.0
// Three sleepers, the last to wake first in the list. One of them is woken too early.
#include "stage.hpp"

void program() {
  using namespace stage;
  Actor::held = "sleeps-in-kernel";
  Stage scheduler;
  const lab::Nanos start = os::now();
  auto sleeper = [start](int milliseconds) {
    return [=] {
      lab::sleep_for(milliseconds * kMillisecond);
      const lab::Nanos slept = os::now() - start;
      weft::figure("slept", static_cast<double>(slept) / kMillisecond);
      check(slept >= milliseconds * kMillisecond, "too-early");
      check(slept == milliseconds * kMillisecond, "too-late");
    };
  };
  Actor three("thirty ms", sleeper(30));
  Actor one("ten ms", sleeper(10));
  Actor two("twenty ms", sleeper(20));
  Network network([&](auto at) {
    at(5);
    wake(two.handle());
  });
  three.join();
  one.join();
  two.join();
}
