// SPDX-License-Identifier: BSL-1.0
// What a wait leaves behind: nothing. One ends at its deadline, and then its data come; one by its
// data, and then its deadline comes; one at its deadline, and its descriptor's number is another's.
#include "stage.hpp"

namespace {

using namespace stage;

void read_for_ten(Pipe& pipe, ssize_t expected) {
  char room[4];
  check(lab::read_for(pipe.read_end(), room, 10 * kMillisecond) == expected,
        expected < 0 ? "no-time-out" : "loses-data");
}

// A reader waits for `pipe`, then for another, where nothing comes before 30 ms.
template <class Script>
void then_elsewhere(Pipe& pipe, ssize_t expected, Script script) {
  Pipe other;
  Actor reader("reader", [&] {
    read_for_ten(pipe, expected);
    Actor::find(lab::self())->leave_alone = "keeps-registration";
    expect(other.read_end(), 'x');
  });
  Network network([&](auto at) {
    script(at);
    at(30);
    reader.leave_alone = nullptr;
    other.put("x");
  });
  reader.join();
}

}  // namespace

void program() {
  Stage scheduler;
  wakes_nobody = "keeps-registration";
  Pipe pipe;
  then_elsewhere(pipe, 1, [&](auto at) {
    at(5);
    pipe.put("a");
  });
  then_elsewhere(pipe, -1, [&](auto at) {
    at(20);
    pipe.put("b");
  });
  expect(pipe.read_end(), 'b');

  const int number = pipe.read_end();
  read_for_ten(pipe, -1);
  pipe.close_read();
  pipe.close_write();
  Pipe next;
  check(next.read_end() == number, "a number is used again");
  Actor reader("reader", [&] { expect(number, 'c'); });
  Network network([&](auto at) {
    at(10);
    next.put("c");
  });
  const int before = unparks;
  reader.join();
  check(unparks == before + 1, "keeps-registration");
}
