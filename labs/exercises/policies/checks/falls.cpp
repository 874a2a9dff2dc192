// SPDX-License-Identifier: BSL-1.0
// A task may become less urgent while it is queued; then who was behind it goes first.
#include "order.hpp"

void program() {
  using namespace order;
  Order order;
  run_as(60, "urgent", [&] {
    auto falls = spawn({.name = "falls", .priority = 50}, [&] { order.comes('f'); });
    auto steady = spawn({.name = "steady", .priority = 30}, [&] { order.comes('s'); });
    weft::fibers::set_priority(falls, 20);
    falls.join();
    steady.join();
  });
  weft::check(order.is("sf"), "falls");
}
