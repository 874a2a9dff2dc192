// SPDX-License-Identifier: BSL-1.0
// One fiber computes, and yields now and then. So the scheduler is never without work; the reader
// gets its data all the same, and the poll waits for nothing.
#include "stage.hpp"

void program() {
  using namespace stage;
  Stage scheduler;
  Pipe pipe;
  bool done = false;
  Actor reader("reader", [&] {
    expect(pipe.read_end(), 'x');
    done = true;
  });
  Actor computing("computing", [&] {
    for (int round = 0; round < 40; ++round) {
      if (round == 20) pipe.put("x");
      fibers::yield();
    }
    check(done, "starves");
  });
  reader.join();
  computing.join();
}
