// SPDX-License-Identifier: BSL-1.0
#include "labs/load/histogram.hpp"

#include <algorithm>
#include <vector>

#include "labs/deck.hpp"
#include "tests/catch.hpp"

using namespace weft::labs;
using load::Histogram;
using weft::lwp::os::kMillisecond;
using weft::lwp::os::kSecond;
using weft::lwp::os::Nanos;

TEST_CASE("an empty histogram answers zero") {
  Histogram h;
  CHECK(h.count() == 0);
  CHECK(h.percentile(50) == 0);
  CHECK(h.max() == 0);
  CHECK(h.min() == 0);
  CHECK(h.mean() == 0);
}

TEST_CASE("small values are exact") {
  Histogram h;
  for (Nanos v = 1; v <= 1000; ++v) h.record(v);
  CHECK(h.percentile(50) == 500);
  CHECK(h.percentile(99) == 990);
  CHECK(h.percentile(99.9) == 999);
  CHECK(h.percentile(100) == 1000);
  CHECK(h.percentile(0) == 1);
  CHECK(h.mean() == Approx(500.5));
}

TEST_CASE("three significant digits over the whole range, against sorting") {
  Random random(42);
  for (double scale : {3e3, 1e6, 4e9, 5e12}) {
    Histogram h;
    std::vector<Nanos> all;
    for (int i = 0; i < 20'000; ++i) {
      auto v = static_cast<Nanos>(random.exponential(scale));
      h.record(v);
      all.push_back(v);
    }
    std::sort(all.begin(), all.end());
    for (std::size_t rank : {200u, 10'000u, 18'000u, 19'800u, 19'980u, 19'998u}) {
      auto exact = all[rank - 1];
      CAPTURE(scale, rank);
      CHECK(static_cast<double>(h.percentile(static_cast<double>(rank) / 200)) ==
            Approx(static_cast<double>(exact)).epsilon(0.001));
    }
    CHECK(h.max() == all.back());
    CHECK(h.min() == all.front());
  }
}

TEST_CASE("bucket borders do not lose or move a value") {
  for (Nanos v : {Nanos{2047}, Nanos{2048}, Nanos{4095}, Nanos{4096}, 1 * kMillisecond, kSecond}) {
    Histogram h;
    h.record(v);
    CHECK(h.percentile(50) == v);  // one value: clamped between min and max
    h.record(10 * v);
    CHECK(static_cast<double>(h.percentile(50)) == Approx(static_cast<double>(v)).epsilon(0.001));
  }
}

TEST_CASE("values outside the range are held at its ends") {
  Histogram h;
  h.record(-5);
  h.record(weft::lwp::os::kNever);
  CHECK(h.min() == 0);
  CHECK(h.max() == 24 * 3600 * kSecond);
}

TEST_CASE("merging is the same as recording together") {
  Histogram a, b, both;
  Random random(3);
  for (int i = 0; i < 1000; ++i) {
    auto v = static_cast<Nanos>(random.below(1'000'000));
    (i % 3 ? a : b).record(v);
    both.record(v);
  }
  a.merge(b);
  CHECK(a.count() == both.count());
  CHECK(a.percentile(99) == both.percentile(99));
  CHECK(a.mean() == Approx(both.mean()));
}

TEST_CASE("every deck holds exactly its cold cards, and the order is shuffled") {
  Decks decks(1);
  std::vector<bool> first;
  bool same = true;
  for (int d = 0; d < 20; ++d) {
    std::vector<bool> deck;
    for (int i = 0; i < 30; ++i) deck.push_back(decks.next());
    CHECK(std::count(deck.begin(), deck.end(), true) == 10);
    if (d == 0) first = deck;
    same = same && deck == first;
  }
  CHECK_FALSE(same);
}

TEST_CASE("equal seeds deal equal decks, each place is cold a third of the time") {
  Decks a(9), b(9);
  std::vector<int> cold(30);
  for (int i = 0; i < 30 * 3000; ++i) {
    bool card = a.next();
    REQUIRE(card == b.next());
    cold[static_cast<std::size_t>(i % 30)] += card;
  }
  for (int c : cold) CHECK(c == Approx(1000).margin(130));  // five standard deviations
}

TEST_CASE("a percentile means something when five values are larger") {
  Histogram h;
  for (int i = 1; i < 50; ++i) h.record(i);
  CHECK(h.resolves(50));
  CHECK_FALSE(h.resolves(90));
  h.record(50);
  CHECK(h.resolves(90));
  for (int i = 51; i <= 5000; ++i) {
    CHECK(h.resolves(99) == (i > 500));
    h.record(i);
  }
  CHECK(h.resolves(99.9));
}
