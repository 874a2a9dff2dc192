// SPDX-License-Identifier: BSL-1.0
// Two calls that end at the same time, beside a reader and a sleeper.
#include "stage.hpp"

void program() {
  using namespace stage;
  Stage scheduler;
  const lab::Nanos start = os::now();
  auto on_time = [start](int milliseconds) {
    check(os::now() == start + milliseconds * kMillisecond, "not-together");
  };
  auto call = [=](long answer) {
    return [=] {
      const long got = lab::run_blocking([=] {
        os::sleep_until(start + 10 * kMillisecond);
        return answer;
      });
      check(got == answer, "mixes-results");
      on_time(10);
    };
  };
  Pipe pipe;
  Actor one("first call", call(1));
  Actor two("second call", call(2));
  Actor reader("reader", [&] {
    expect(pipe.read_end(), 'x');
    on_time(5);
  });
  Actor sleeper("sleeper", [&] {
    lab::sleep_for(15 * kMillisecond);
    on_time(15);
  });
  Network network([&](auto at) {
    at(5);
    pipe.put("x");
  });
  one.join();
  two.join();
  reader.join();
  sleeper.join();
}
