// SPDX-License-Identifier: BSL-1.0
// Priority inversion: low holds what high waits for, and middle is ready. Low has to come first.
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
    auto middle = spawn({.name = "middle", .priority = 30}, [&] { order.comes('m'); });
    yield();
    order.comes('l');
    printer.unlock();
    high.join();
    middle.join();
  });
  weft::check(order.is("lhm"), "inversion");
}
