// SPDX-License-Identifier: BSL-1.0
// One thread is made and runs to its end while the first one yields.
#include "stage.hpp"

void program() {
  stage::run([] {
    lab::start();
    bool ran = false, on_its_own = false;
    const lab::Thread* thread = lab::create([&] {
      on_its_own = &stage::own_stack() != &stage::main_stack;
      ran = true;
    });
    weft::check(!ran, "runs-at-once");
    weft::check(thread != nullptr, "no-thread");
    stage::yield_until(ran);
    weft::check(ran, "yield-starves");
    weft::check(on_its_own, "no-own-stack");
  });
}
