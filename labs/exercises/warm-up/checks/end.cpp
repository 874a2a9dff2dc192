// SPDX-License-Identifier: BSL-1.0
// Everything arrives, in its order, and the end of it, and an error.
#include "stage.hpp"

void program() {
  using namespace stage;
  {
    Pipe pipe;
    auto writer = spawn({.name = "writer"}, [&] {
      pipe.put("fib");
      sleep_for(kMillisecond);
      pipe.put("ers");
      sleep_for(kMillisecond);
      pipe.close_end();
    });
    weft::check(read_all(pipe.end()) == "fibers", "wrong-bytes");
    writer.join();
  }
  Pipe pipe;
  pipe.put("z");
  errors = 1;
  char room[4];
  const ssize_t n = lab::read_some(pipe.end(), room);
  weft::check(n == -1 && errno == EIO, "hides-errors");
}
