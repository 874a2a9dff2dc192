// SPDX-License-Identifier: BSL-1.0
// Two readers, two pipes. Data come for the second reader, and only it is woken; then for the
// first.
#include "stage.hpp"

void program() {
  using namespace stage;
  Stage scheduler;
  Pipe pipes[2];
  Actor first("first", [&] { expect(pipes[0].read_end(), 'a'); });
  Actor second("second", [&] { expect(pipes[1].read_end(), 'b'); });
  first.leave_alone = second.leave_alone = "wakes-everyone";
  Network network([&](auto at) {
    at(10);
    second.leave_alone = nullptr;
    pipes[1].put("b");
    at(20);
    first.leave_alone = nullptr;
    pipes[0].put("a");
  });
  first.join();
  second.join();
  check(unparks == 2, "wakes-twice");
}
