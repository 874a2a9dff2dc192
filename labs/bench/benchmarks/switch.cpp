// SPDX-License-Identifier: BSL-1.0
// The limit: two bare contexts that switch to each other. And two facts about the processor: one
// inexact division leaves a sticky flag in MXCSR, and a switch between contexts whose flags differ
// takes a slow path. Weft sets all flags in each LWP before any context is made (lwp/arch.hpp).
#include <cfenv>

#include "fibers/switch_bare.hpp"
#include "labs/bench/place.hpp"
#include "lwp/arch.hpp"

namespace weft::labs::bench {
namespace {

using fibers::BareContext;

volatile double divisor = 3.0, quotient;

void echo(BareContext other) {
  while (true) other.switch_to();
}
void dividing_echo(BareContext other) {
  while (true) {
    quotient = 1.0 / divisor;
    other.switch_to();
  }
}

template <void (*body)(BareContext), bool prepared = true>
double switches(long operations) {
  static fibers::Stack stack(64 * 1024);
  std::feclearexcept(FE_ALL_EXCEPT);
  if (prepared) lwp::arch::prepare_floating_point();
  auto other = BareContext::on<body>(stack);
  return each(operations, [&] {
    for (long i = 0; i < operations; i += 2) other.switch_to();
  });
}

std::vector<Row> rows(const Scale&) {
  return {
      {.name = "switch", .engine = Engine::bare, .run = switches<echo>},
      {.name = "switch+division", .engine = Engine::bare, .run = switches<dividing_echo>},
      {.name = "switch+flags", .engine = Engine::bare, .run = switches<dividing_echo, false>},
  };
}

const RegisterBenchmark registered({10, "switch", rows});

}  // namespace
}  // namespace weft::labs::bench
