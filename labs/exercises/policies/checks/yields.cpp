// SPDX-License-Identifier: BSL-1.0
// Two equals, each of which lets the other go first; and one before them that is less urgent.
#include "order.hpp"

void program() {
  using namespace order;
  Order order;
  run_as(10, "low", [&] {
    auto turn = [&](char who) {
      order.comes(who);
      yield();
      order.comes(who);
    };
    auto c = spawn({.name = "c", .priority = 20}, [&] { order.comes('c'); });
    auto a = spawn({.name = "a", .priority = 30}, [&] { turn('a'); });
    auto b = spawn({.name = "b", .priority = 30}, [&] { turn('b'); });
    a.join();
    b.join();
    c.join();
  });
  weft::check(order.is("ababc"), "head");
}
