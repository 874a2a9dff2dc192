// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <string_view>

namespace weft::labs::load {

/// Ways in which a request can fail.
enum class Failure { connect, reset, timed_out, bad_status, short_body, malformed };
inline constexpr std::array kFailures = {Failure::connect,    Failure::reset,
                                         Failure::timed_out,  Failure::bad_status,
                                         Failure::short_body, Failure::malformed};
inline std::string_view name(Failure f) {
  constexpr std::array<std::string_view, kFailures.size()> names = {
      "connect", "reset", "time-out", "bad status", "short body", "malformed"};
  return names[static_cast<std::size_t>(f)];
}

}  // namespace weft::labs::load
