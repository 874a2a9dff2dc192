// SPDX-License-Identifier: BSL-1.0
// What a switch costs, and what two facts about the processor cost if they are ignored. Figures
// are nanoseconds, median of rounds in which all rows take turns; only the ratios mean anything.
//
//   bare            two contexts of Boost.Context that jump to each other, nothing else
//   … + division    the same with one inexact division a turn, by one of the two only
//   … unprepared    the same with the sticky floating-point flags left clear in one context: the
//                   processor then takes a slow path whenever it loads the other's flags
//   yield           two fibers of one LWP, inlined into the fiber as fibers/switch.hpp has it
//   yield, deep     the same behind five calls: after the switch each return is mispredicted
//   boost           two fibers of Boost.Fiber that yield, through the same API
#include <algorithm>
#include <boost/context/detail/fcontext.hpp>
#include <cfenv>
#include <cstdio>
#include <functional>
#include <vector>

#include "fibers/fiber.hpp"
#include "fibers/stack.hpp"
#include "lwp/arch.hpp"

namespace {

using namespace weft;
namespace os = lwp::os;
using boost::context::detail::fcontext_t;
using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

constexpr int kSwitches = 1'000'000;
constexpr int kRounds = 7;
volatile double divisor = 3.0, quotient;

void echo(transfer_t t) {
  for (;;) t = jump_fcontext(t.fctx, nullptr);
}
void dividing_echo(transfer_t t) {
  for (;;) {
    quotient = 1.0 / divisor;
    t = jump_fcontext(t.fctx, nullptr);
  }
}

double bare(void (*other)(transfer_t), bool prepared) {
  static fibers::Stack stack(64 * 1024);
  std::feclearexcept(FE_ALL_EXCEPT);
  if (prepared) lwp::arch::prepare_floating_point();
  fcontext_t context = make_fcontext(stack.top(), stack.bytes(), other);
  os::Nanos began = os::now();
  for (int i = 0; i < kSwitches / 2; ++i) context = jump_fcontext(context, nullptr).fctx;
  return static_cast<double>(os::now() - began) / kSwitches;
}

[[gnu::noinline]] void deep_yield(int depth) {
  if (depth == 0) {
    fibers::yield();
  } else {
    deep_yield(depth - 1);
    quotient = divisor;  // no tail call
  }
}

double yields(fibers::Engine engine, bool deep) {
  fibers::Runtime runtime({.mapping = fibers::Mapping::many_to_one, .engine = engine});
  double result = 0;
  runtime.run([&] {
    int turns = engine == fibers::Engine::weft ? kSwitches / 2 : kSwitches / 20;
    auto turn = [turns, deep] {
      for (int i = 0; i < turns; ++i) deep ? deep_yield(4) : fibers::yield();
    };
    os::Nanos began = os::now();
    auto other = fibers::spawn(turn);
    turn();
    other.join();
    result = static_cast<double>(os::now() - began) / (2.0 * turns);
  });
  return result;
}

struct Row {
  const char* name;
  std::function<double()> measure;
  std::vector<double> rounds{};
  double median() {
    std::ranges::sort(rounds);
    return rounds[rounds.size() / 2];
  }
};

}  // namespace

int main() {
  std::vector<Row> rows{
      {"bare", [] { return bare(echo, true); }},
      {"bare + division", [] { return bare(dividing_echo, true); }},
      {"bare + division, unprepared", [] { return bare(dividing_echo, false); }},
      {"yield", [] { return yields(fibers::Engine::weft, false); }},
      {"yield, deep", [] { return yields(fibers::Engine::weft, true); }},
      {"yield on boost-fiber", [] { return yields(fibers::Engine::boost_fiber, false); }},
  };
  for (int round = 0; round < kRounds; ++round) {
    for (auto& row : rows) row.rounds.push_back(row.measure());
  }
  double unit = rows[0].median();
  std::printf("%-30s %9s %9s\n", "", "ns", "x bare");
  for (auto& row : rows) {
    std::printf("%-30s %9.1f %9.2f\n", row.name, row.median(), row.median() / unit);
  }
}
