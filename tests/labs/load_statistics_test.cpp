// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <sstream>

#include "labs/load/availability.hpp"
#include "labs/load/hgrm.hpp"
#include "labs/load/statistics.hpp"
#include "labs/load/think.hpp"
#include "labs/random.hpp"
#include "tests/catch.hpp"

using namespace weft::labs;
using namespace weft::labs::load;
using weft::lwp::os::kMillisecond;
using weft::lwp::os::kSecond;
using weft::lwp::os::Nanos;

TEST_CASE("Student's t: the quantiles of the printed tables") {
  const std::pair<int, double> table[] = {{1, 12.706}, {2, 4.303},  {3, 3.182},  {4, 2.776},
                                          {5, 2.571},  {9, 2.262},  {10, 2.228}, {29, 2.045},
                                          {30, 2.042}, {60, 2.000}, {120, 1.980}};
  for (auto [freedom, t] : table) {
    CAPTURE(freedom);
    CHECK(t_quantile(freedom) == Approx(t).margin(0.0006));
  }
}

TEST_CASE("a mean's 95 % confidence interval") {
  CHECK(estimate({}).mean == 0);
  const double one[] = {3};
  CHECK(estimate(one).mean == 3);
  CHECK_FALSE(estimate(one).half);
  // Mean 6, standard deviation sqrt(2.5), five values: 2.776 * sqrt(2.5 / 5).
  const double five[] = {4, 5, 6, 7, 8};
  CHECK(estimate(five).mean == 6);
  CHECK(*estimate(five).half == Approx(2.7764 * std::sqrt(0.5)).epsilon(1e-4));
  const double same[] = {2, 2, 2};
  CHECK(*estimate(same).half == 0);
  // What both share does not widen the interval of their difference.
  const double a[] = {10, 50, 90}, b[] = {11, 52, 93};
  CHECK(difference(a, b).mean == Approx(2));
  CHECK(*difference(a, b).half == Approx(4.3027 / std::sqrt(3)).epsilon(1e-4));
}

TEST_CASE("a confidence interval of five runs holds the true mean 95 times in 100") {
  Random random(11);
  int held = 0;
  constexpr int kTimes = 4000;
  for (int i = 0; i < kTimes; ++i) {
    double values[5];
    for (double& v : values) {  // about normal: the sum of twelve uniform ones
      v = 0;
      for (int k = 0; k < 12; ++k) v += random.unit();
    }
    const auto e = estimate(values);
    held += std::abs(e.mean - 6) <= *e.half;
  }
  CHECK(held / double(kTimes) == Approx(0.95).margin(0.012));
}

TEST_CASE("availability: overlapping outages are one, and the window cuts them") {
  Outages o;
  o.good(10);
  CHECK(o.within(0, 100).share() == 1);
  // Three clients wait for the same dead server: 20 to 50, 25 to 50, 30 to 50.
  o.failed(30);
  o.failed(25);
  o.failed(20);
  o.good(50);
  o.good(60);
  auto a = o.within(0, 100);
  CHECK(a.down == 30);
  CHECK(a.up == 70);
  CHECK(a.outages == 1);
  CHECK(a.share() == Approx(0.7));
  // One who was meant to be sent at 45 is told at 80 that he failed: it is the same outage still.
  o.failed(45);
  o.good(80);
  CHECK(o.within(0, 100).down == 60);
  CHECK(o.within(0, 100).outages == 1);
  // Another, which has not ended.
  o.failed(90);
  a = o.within(0, 100);
  CHECK(a.down == 70);
  CHECK(a.outages == 2);
  CHECK(a.longest == 60);
  CHECK(o.within(30, 70).down == 40);  // down all the time
  CHECK(o.within(85, 95).down == 5);
  CHECK(o.within(0, 20).down == 0);
}

TEST_CASE("availability against an objective: the error budget") {
  Availability a{999 * kSecond, kSecond, 1, kSecond};
  CHECK(a.share() == Approx(0.999));
  CHECK(error_budget(a, 99.9).allowed == kSecond);
  CHECK(error_budget(a, 99.9).used == Approx(1));
  CHECK(error_budget(a, 99).used == Approx(0.1));
  a.add({0, 3 * kSecond, 2, 2 * kSecond});
  CHECK(a.outages == 3);
  CHECK(a.longest == 2 * kSecond);
  CHECK(a.down == 4 * kSecond);
  CHECK(Availability{}.share() == 1);
}

TEST_CASE(".hgrm: parsed back it says what the histogram says") {
  Histogram h;
  Random random(5);
  for (int i = 0; i < 20'000; ++i) h.record(static_cast<Nanos>(random.exponential(3e6)));
  std::istringstream text(to_hgrm(h));
  std::string line;
  std::getline(text, line);
  CHECK(line == "       Value     Percentile TotalCount 1/(1-Percentile)");
  std::getline(text, line);
  CHECK(line.empty());
  double last_value = 0, last_share = -1;
  std::uint64_t last_count = 0;
  int lines = 0;
  while (std::getline(text, line) && !line.starts_with('#')) {
    std::istringstream fields(line);
    double value = -1, share = -1, inverse = 0;
    std::uint64_t count = 0;
    REQUIRE(fields >> value >> share >> count);
    if (share < 1) {
      REQUIRE(fields >> inverse);
      CHECK(inverse == Approx(1 / (1 - share)).epsilon(0.01));
    }
    CHECK(value >= last_value);
    CHECK(share > last_share);
    CHECK(count > last_count);
    CHECK(share == Approx(static_cast<double>(count) / 20'000));
    const double ours = static_cast<double>(h.percentile(100 * share)) / 1e6;
    CHECK(value == Approx(ours).epsilon(0.001).margin(0.0006));
    last_value = value;
    last_share = share;
    last_count = count;
    ++lines;
  }
  CHECK(last_share == 1);
  CHECK(last_count == 20'000);
  CHECK(lines > 40);   // five a halving, fourteen halvings
  CHECK(lines < 100);  // and not one for each value
  double mean = 0, deviation = 0;
  REQUIRE(std::sscanf(line.c_str(), "#[Mean = %lf, StdDeviation = %lf]", &mean, &deviation) == 2);
  CHECK(mean == Approx(h.mean() / 1e6).margin(0.001));
  CHECK(deviation == Approx(3).epsilon(0.05));  // as an exponential distribution's mean
  std::getline(text, line);
  CHECK(line.find("Total count    =        20000]") != line.npos);
  CHECK(to_hgrm(Histogram()).find("Total count    =            0]") != std::string::npos);
}

TEST_CASE("think times: constant, exponential, and nonsense") {
  Random random(3);
  auto constant = parse_think("constant:20");
  REQUIRE(constant);
  CHECK(constant->draw(random) == 20 * kMillisecond);
  auto exponential = parse_think("exponential:0.5");
  REQUIRE(exponential);
  double sum = 0;
  for (int i = 0; i < 20'000; ++i) sum += static_cast<double>(exponential->draw(random));
  CHECK(sum / 20'000 == Approx(0.5e6).epsilon(0.03));
  CHECK(Think{}.draw(random) == 0);
  for (const char* bad : {"", "20", "constant", "constant:", "normal:5", "constant:-1",
                          "constant:1x", "exponential:1e9", "constant:nan"})
    CHECK_FALSE(parse_think(bad));
}
