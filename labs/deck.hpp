// SPDX-License-Identifier: BSL-1.0
// "Every third request waits for the disk", made fair: coin tosses would give one server 30 % and
// the next 37 %, and strict turns would march in step with the workers. Decks of 30 cards with 10
// cold ones, each freshly shuffled, give every 30 requests exactly 10 cold and no rhythm.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "labs/random.hpp"

namespace weft::labs {

class Decks {
 public:
  /// REQUIRES 0 <= cold <= size, size > 0.
  explicit Decks(std::uint64_t seed, int size = 30, int cold = 10)
      : random_(seed), deck_(static_cast<std::size_t>(size)), at_(deck_.size()) {
    for (int i = 0; i < cold; ++i) deck_[static_cast<std::size_t>(i)] = 1;
  }

  /// The next card: true is cold.
  bool next() {
    if (at_ == deck_.size()) shuffle();
    return deck_[at_++] != 0;
  }

 private:
  void shuffle() {  // Fisher and Yates
    for (std::size_t i = deck_.size(); i > 1; --i) std::swap(deck_[i - 1], deck_[random_.below(i)]);
    at_ = 0;
  }

  Random random_;
  std::vector<char> deck_;
  std::size_t at_;
};

}  // namespace weft::labs
