// SPDX-License-Identifier: BSL-1.0
// High waits for what second holds, and second for what low holds: low gets second's priority
// first, then high's. Noise is more urgent than second.
#include "order.hpp"

void program() {
  using namespace order;
  Order order;
  run_as(5, "low", [&] {
    Mutex disk, printer;
    disk.lock();
    auto second = spawn({.name = "second", .priority = 20}, [&] {
      std::lock_guard first(printer);
      std::lock_guard then(disk);
      order.comes('s');
    });
    yield();  // second holds the printer now, and waits for the disk
    auto high = spawn({.name = "high", .priority = 60}, [&] {
      std::lock_guard lock(printer);
      order.comes('h');
    });
    auto noise = spawn({.name = "noise", .priority = 40}, [&] { order.comes('n'); });
    yield();
    order.comes('l');
    disk.unlock();
    second.join();
    high.join();
    noise.join();
  });
  weft::check(order.is("lshn"), "chain");
}
