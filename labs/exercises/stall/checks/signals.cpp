// SPDX-License-Identifier: BSL-1.0
// Signals interrupt an attempt and a poll. Other errors are the caller's.
#include "stage.hpp"

void program() {
  using namespace stage;
  Stage scheduler;
  Pipe pipe;
  auto read_one = [&] {
    char room[4];
    const ssize_t n = lab::read_some(pipe.read_end(), room);
    check(n >= 0 || errno != EINTR, "eintr-is-error");
    check(text_of(room, n) == "x", n < 0 ? "eintr-is-error" : "wrong-bytes");
  };
  pipe.put("x");
  signals = 2;
  read_one();
  {
    interruptions = 2;
    Actor reader("reader", read_one);
    Network network([&](auto at) {
      at(10);
      pipe.put("x");
    });
    reader.join();
  }
  pipe.put("x");
  errors = 1;
  char room[4];
  const ssize_t n = lab::read_some(pipe.read_end(), room);
  check(n == -1 && errno == EIO, "hides-errors");
}
