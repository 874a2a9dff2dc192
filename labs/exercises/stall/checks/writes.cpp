// SPDX-License-Identifier: BSL-1.0
// A pipe that takes three bytes at a time, and no more until they are read. At first it is full.
#include <sys/ioctl.h>

#include "stage.hpp"

void program() {
  using namespace stage;
  Stage scheduler;
  Clock clock(2 * kMillisecond, 3);
  Pipe pipe;
  check(::fcntl(pipe.write_end(), F_SETPIPE_SZ, 1) > 0, "a pipe of one page");
  pipe.put("my ");
  most = 3;
  signals = 1;
  std::string came;
  Actor writer("writer", [&] {
    const std::string_view text = "fibers";
    const ssize_t n = lab::write_all(pipe.write_end(), text);
    check(n >= 0 || errno != EINTR, "eintr-is-error");
    check(n == static_cast<ssize_t>(text.size()), "short-write");
  });
  Actor reader("reader", [&] {
    for (int i = 0; i < 3; ++i) {
      clock.tick();
      int there = 0;
      char room[64];
      check(::ioctl(pipe.read_end(), FIONREAD, &there) == 0, "a pipe tells what is in it");
      if (there > 0) came += text_of(room, ::read(pipe.read_end(), room, sizeof room));
    }
  });
  writer.join();
  reader.join();
  const std::string_view all = "my fibers";
  check(came == all, came == all.substr(0, came.size()) ? "short-write" : "wrong-bytes");
}
