// SPDX-License-Identifier: BSL-1.0
// One socket: a reader waits until something comes in, a writer until there is room to send.
#include <sys/socket.h>

#include "stage.hpp"

void program() {
  using namespace stage;
  Stage scheduler;
  int ends[2];
  check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "a pair of sockets");
  char much[4096] = {};
  while (::send(ends[0], much, sizeof much, MSG_DONTWAIT) > 0) {
  }
  Actor reader("reader", [&] { expect(ends[0], 'r'); });
  Actor writer("writer", [&] {
    const char letter[] = {'w'};
    check(lab::write_all(ends[0], letter) == 1, "short-write");
  });
  reader.leave_alone = writer.leave_alone = "mixes-directions";
  Network network([&](auto at) {
    at(10);
    writer.leave_alone = nullptr;
    while (::recv(ends[1], much, sizeof much, MSG_DONTWAIT) > 0) {
    }
    at(20);
    reader.leave_alone = nullptr;
    check(::send(ends[1], "r", 1, MSG_DONTWAIT) == 1, "a letter is sent");
  });
  writer.join();
  reader.join();
  ::close(ends[0]);
  ::close(ends[1]);
}
