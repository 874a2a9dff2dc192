// SPDX-License-Identifier: BSL-1.0
#include <array>

#include "labs/predict/network.hpp"
#include "tests/catch.hpp"

using namespace weft::labs::predict;

namespace {
constexpr std::array kInService = {1, 2, 4, 8, 16};
// Printed with one digit, so half a unit of it, and a hair for 66.648, which the book rounds up.
constexpr double kPrinted = 0.053;
}  // namespace

TEST_CASE("the textbook's server, by event simulation") {
  constexpr std::array one_head = {25.0, 37.5, 40.0, 40.0, 40.0};
  constexpr std::array parallel = {25.0, 45.3, 65.2, 66.7, 66.7};
  for (std::size_t i = 0; i < kInService.size(); ++i) {
    CAPTURE(kInService[i]);
    CHECK(simulate_rps({.heads = 1}, kInService[i]) == Approx(one_head[i]).margin(kPrinted));
    CHECK(simulate_rps({.heads = 8}, kInService[i]) == Approx(parallel[i]).margin(kPrinted));
    CHECK(simulate_rps({.heads = 16}, kInService[i]) == Approx(parallel[i]).margin(kPrinted));
  }
}

TEST_CASE("the textbook's server, by mean value analysis") {
  constexpr std::array one_head = {25.0, 32.7, 37.8, 39.7, 40.0};
  constexpr std::array parallel = {25.0, 43.8, 62.5, 66.7, 66.7};
  for (std::size_t i = 0; i < kInService.size(); ++i) {
    CAPTURE(kInService[i]);
    CHECK(mva_rps({.heads = 1}, kInService[i]) == Approx(one_head[i]).margin(kPrinted));
    CHECK(mva_rps({.heads = 8}, kInService[i]) == Approx(parallel[i]).margin(kPrinted));
  }
}

TEST_CASE("mean value analysis agrees with the machine repairman's closed form") {
  // With a head for every customer the disk is a pure delay: M/M/1//N with think time Z.
  constexpr double S = 15, Z = 25;
  for (int n : {2, 5, 8}) {
    double term = 1, sum = 1;
    for (int k = 1; k <= n; ++k) sum += term *= (n - k + 1) * S / Z;
    CHECK(mva_rps({.heads = n}, n) == Approx(1000 * (1 - 1 / sum) / S).epsilon(1e-9));
  }
}

TEST_CASE("the bound is the asymptote") {
  CHECK(bound_rps({.heads = 8}, 1) == Approx(25.0));
  CHECK(bound_rps({.heads = 8}, 2) == Approx(50.0));
  CHECK(bound_rps({.heads = 8}, 16) == Approx(1000.0 / 15));
  CHECK(bound_rps({.heads = 1}, 16) == Approx(40.0));
}

TEST_CASE("variance costs throughput: mva <= simulation <= bound") {
  for (int heads : {1, 2, 3, 8})
    for (int n = 1; n <= 20; ++n) {
      Network network{.heads = heads};
      CAPTURE(heads, n);
      double simulated = simulate_rps(network, n, 7, 60'000);
      CHECK(mva_rps(network, n) <= simulated * 1.001);
      CHECK(simulated <= bound_rps(network, n) * 1.001);
    }
}

TEST_CASE("the simulation is deterministic and knows its seed") {
  CHECK(simulate_rps({}, 4, 1, 3000) == simulate_rps({}, 4, 1, 3000));
  CHECK(simulate_rps({}, 4, 1, 3000) != simulate_rps({}, 4, 2, 3000));
}

TEST_CASE("nothing cold: the CPU alone") {
  Network network{.cold = 0};
  CHECK(simulate_rps(network, 3) == Approx(1000.0 / 15).epsilon(1e-6));
  CHECK(mva_rps(network, 3) == Approx(1000.0 / 15).epsilon(1e-9));
}
