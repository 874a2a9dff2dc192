// SPDX-License-Identifier: BSL-1.0
// Two fibers of one LWP that yield to each other; likewise with a division a turn by one of them;
// and behind five calls, each of whose returns the processor mispredicts after the switch. The last
// two rows say what it costs to be watched by the sentinel (lwp/sentinel.hpp).
#include "labs/bench/place.hpp"

namespace weft::labs::bench {
namespace {

volatile double divisor = 3.0, quotient;

struct Plain {
  [[gnu::always_inline]] static void turn(bool) { fibers::yield(); }
};
struct Dividing {
  [[gnu::always_inline]] static void turn(bool divides) {
    if (divides) quotient = 1.0 / divisor;
    fibers::yield();
  }
};
struct Deep {
  [[gnu::noinline]] static void down(int depth) {
    if (depth == 0) {
      fibers::yield();
    } else {
      down(depth - 1);
      quotient = divisor;  // no tail call
    }
  }
  static void turn(bool) { down(4); }
};

template <class Kind>
double yields(const Place& place, long operations) {
  return in_fiber(place, [operations] {
    auto turns = [operations](bool divides) {
      for (long i = 0; i < operations; i += 2) Kind::turn(divides);
    };
    return each(operations, [&] {
      auto other = fibers::spawn([&] { turns(true); });
      turns(false);
      other.join();
    });
  });
}

template <class Kind>
Row row(const Place& place, std::string name) {
  Row row = place.row(std::move(name));
  row.run = [place](long operations) { return yields<Kind>(place, operations); };
  return row;
}

std::vector<Row> rows(const Scale&) {
  std::vector<Row> rows;
  for (const Place& place : places(1)) {
    rows.push_back(row<Plain>(place, "yield"));
    if (place.engine != Engine::weft) continue;
    rows.back().target = Target{2, std::string(kUnit)};
    rows.push_back(row<Dividing>(place, "yield+division"));
    rows.back().target = Target{2, "switch+division/bare/1"};
    rows.push_back(row<Deep>(place, "yield+5-calls"));
  }
  // The sentinel off and on, all else alike: many-to-many, so that there can be one.
  Place shared{Engine::weft, fibers::Mapping::many_to_many, 1, fibers::OnBlock::hold, "fifo"};
  rows.push_back(row<Plain>(shared, "yield+unwatched"));
  shared.on_block = fibers::OnBlock::handoff;
  rows.push_back(row<Plain>(shared, "yield+watched"));
  rows.back().target = Target{1.02, "yield+unwatched/weft/1"};
  return rows;
}

const RegisterBenchmark registered({20, "yield", rows});

}  // namespace
}  // namespace weft::labs::bench
