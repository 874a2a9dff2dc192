// SPDX-License-Identifier: BSL-1.0
// The end of a stream is something that can be read, too.
#include "stage.hpp"

void program() {
  using namespace stage;
  Stage scheduler;
  Pipe pipe;
  wakes_nobody = "hang-up";
  Actor reader("reader", [&] {
    char room[4];
    check(lab::read_some(pipe.read_end(), room) == 0, "hang-up");
  });
  Actor other("other", [] {});
  Network network([&](auto at) {
    at(10);
    pipe.close_write();
  });
  reader.join();
  other.join();
}
