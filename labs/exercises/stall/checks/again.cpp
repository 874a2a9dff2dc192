// SPDX-License-Identifier: BSL-1.0
// A wake-up is a hint. Here the poller is wrong, an attempt finds nothing although something is
// there, data come where the attempt has just found nothing, and someone unparks for no reason.
#include "stage.hpp"

namespace {
stage::Pipe* late;
}

void program() {
  using namespace stage;
  Stage scheduler;
  {
    Pipe pipe;
    false_alarms = 2;
    Actor reader("reader", [&] { expect(pipe.read_end(), 'a'); });
    Network network([&](auto at) {
      at(5);
      wake(reader.handle());
      at(10);
      not_yet = 1;
      pipe.put("a");
    });
    reader.join();
  }
  Pipe pipe;
  late = &pipe;
  after_nothing = [] { late->put("b"); };
  expect(pipe.read_end(), 'b');
}
