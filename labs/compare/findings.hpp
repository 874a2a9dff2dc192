// SPDX-License-Identifier: BSL-1.0
// The four sentences under the table. Each rests on a comparison of THIS run's numbers, and says so
// or says why it is not shown; nothing is asserted because it ought to be true.
#pragma once

#include <string>
#include <vector>

#include "labs/catalogue.hpp"
#include "labs/compare/result.hpp"

namespace weft::labs::compare {

struct Finding {
  int number = 0;
  bool held = false;
  std::string text;  ///< the sentence, or "Not confirmed in this run: that …"
  std::string hint;  ///< a command that goes on from here, may be empty
};

std::vector<Finding> findings(const Comparison& comparison, Say say);

/// What a row is called: "8 workers, many-to-one, Boost.Fiber".
std::string label(const RowSpec& spec, Say say);
/// "a disk with 8 heads"
std::string disk_words(int heads, Say say);
/// "4"; "1+" where blocked LWPs are replaced.
std::string lwps(const RowSpec& spec);
/// A number with so many digits after the point.
std::string number(double value, int digits = 1);
/// As number(), with a K, M, or nothing, kept to few digits: for counts and seconds in sentences.
std::string grouped(std::uint64_t value);
/// "eight" in English up to twelve, digits otherwise and in Chinese.
std::string in_words(int value, Say say, bool capital = false);

}  // namespace weft::labs::compare
