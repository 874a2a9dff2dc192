// SPDX-License-Identifier: BSL-1.0
// How long a client thinks between an answer and its next request.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

#include "labs/random.hpp"
#include "lwp/os.hpp"

namespace weft::labs::load {

struct Think {
  lwp::os::Nanos mean = 0;  ///< 0: not at all
  bool exponential = false;

  lwp::os::Nanos draw(Random& random) const {
    return exponential && mean > 0
               ? static_cast<lwp::os::Nanos>(random.exponential(static_cast<double>(mean)))
               : mean;
  }
};

/// "constant:MS" or "exponential:MS", at most an hour.
inline std::optional<Think> parse_think(std::string_view text) {
  const auto colon = text.find(':');
  const auto kind = text.substr(0, colon);
  if (colon == text.npos || (kind != "constant" && kind != "exponential")) return std::nullopt;
  text.remove_prefix(colon + 1);
  double ms = -1;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc() || end != text.data() + text.size() || !(ms >= 0 && ms <= 3.6e6))
    return std::nullopt;
  return Think{static_cast<lwp::os::Nanos>(ms * 1e6), kind == "exponential"};
}

}  // namespace weft::labs::load
