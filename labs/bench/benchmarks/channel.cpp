// SPDX-License-Identifier: BSL-1.0
// A number goes to another fiber and back through two unbuffered channels; one operation is a round
// trip. On several LWPs the two may sit on different ones: then each way crosses CPUs.
#include "fibers/channel.hpp"

#include "labs/bench/place.hpp"

namespace weft::labs::bench {
namespace {

double round_trips(const Place& place, long operations) {
  return in_fiber(place, [operations] {
    fibers::Channel<long> there(0), back(0);
    return each(operations, [&] {
      auto other = fibers::spawn([&] {
        while (auto number = there.receive()) back.send(*number);
      });
      for (long i = 0; i < operations; ++i) {
        there.send(i);
        back.receive();
      }
      there.close();
      other.join();
    });
  });
}

std::vector<Row> rows(const Scale& scale) {
  std::vector<Row> rows;
  for (int lwps : {1, scale.lwps}) {
    for (const Place& place : places(lwps)) {
      rows.push_back(place.row("channel"));
      rows.back().run = [place](long operations) { return round_trips(place, operations); };
      if (place.engine != Engine::weft) continue;
      rows.back().target = Target{lwps == 1 ? 17.5 : 80, std::string(kUnit)};
    }
    if (scale.lwps == 1) break;
  }
  return rows;
}

const RegisterBenchmark registered({50, "channel", rows});

}  // namespace
}  // namespace weft::labs::bench
