// SPDX-License-Identifier: BSL-1.0
// What clients ask for, and how often: URLs of equal or of Zipf's popularity (the k-th is asked for
// 1/k^S as often as the first), or a mix of methods, paths and sizes from a file:
//
//   # weight  method  path              [bytes of the body]
//   90        GET     /page/{1-1000}.html          each number is a path of its own
//   9         PUT     /up/{1-10}.bin    1k-64k     sizes at 16 even ratios
//   1         DELETE  /up/{1-10}.bin
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "labs/random.hpp"

namespace weft::labs::load {

/// A request that is asked for again and again.
struct Ask {
  std::string method = "GET";
  std::string target = "/";
  std::size_t body = 0;  ///< bytes, of a PUT
  double weight = 1;
};

struct MixError {
  int line = 0;
  std::string what;  ///< in English
};
inline constexpr std::size_t kMostAsks = 100'000;
inline constexpr std::size_t kMostBytes = 256 << 20;  ///< of all requests together

/// Reads the format above. `zipf` is the popularity of the numbers of a path; 0: all the same.
std::variant<std::vector<Ask>, MixError> parse_mix(std::string_view text, double zipf);

/// Gives the k-th of them 1/k^s of the first one's weight.
void popularity_by_rank(std::vector<Ask>& asks, double s);

/// The bytes of a request.
std::string text_of(const Ask& ask, const std::string& authority, bool keep_alive);

/// Deals requests at random, each as often as its weight says.
class Dealer {
 public:
  /// REQUIRES at least one ask.
  Dealer(const std::vector<Ask>& asks, const std::string& authority, bool keep_alive);

  /// A source of requests; the dealer must outlive it.
  std::function<std::string_view()> source(std::uint64_t seed) const;

 private:
  std::vector<std::string> requests_;
  std::vector<double> up_to_;  // sums of weights
};

}  // namespace weft::labs::load
