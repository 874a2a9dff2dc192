// SPDX-License-Identifier: BSL-1.0
// A wake-up that comes too early: the reader is told to look, and nothing is there.
#include "stage.hpp"

void program() {
  using namespace stage;
  Pipe pipe;
  false_alarms = 2;
  pipe.put("y");
  char room[4];
  const ssize_t n = lab::read_some(pipe.end(), room);
  weft::check(n == 1 && room[0] == 'y', "gives-up");
  weft::check(attempts >= 3, "stalled");  // two that find nothing, and one that does
}
