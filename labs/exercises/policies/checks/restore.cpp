// SPDX-License-Identifier: BSL-1.0
// What was lent goes back with the unlock: then low is low again.
#include "order.hpp"

void program() {
  using namespace order;
  Order order;
  run_as(10, "low", [&] {
    Mutex printer;
    printer.lock();
    auto high = spawn({.name = "high", .priority = 60}, [&] {
      std::lock_guard lock(printer);
      order.comes('h');
    });
    yield();
    auto before = spawn({.name = "before", .priority = 30}, [&] { order.comes('b'); });
    yield();  // low runs on, with what high has lent it
    order.comes('1');
    printer.unlock();
    auto middle = spawn({.name = "middle", .priority = 30}, [&] { order.comes('m'); });
    yield();
    order.comes('l');
    high.join();
    before.join();
    middle.join();
  });
  weft::check(order.begins("1h"), "inversion");
  weft::check(order.is("1hbml"), "keeps-boost");
}
