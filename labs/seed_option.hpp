// SPDX-License-Identifier: BSL-1.0
// --seed, the same for every command: CLI11 reads -1 as 2^64 - 1 and says nothing.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

namespace weft::labs {

inline CLI::Option* seed_option(CLI::App& sub, std::uint64_t& seed, const std::string& help) {
  auto* option = sub.add_option("--seed", seed, help)->capture_default_str();
  option->check([](const std::string& text) {
    return text.starts_with("-") ? text + " is less than 0" : std::string();
  });
  return option;
}

}  // namespace weft::labs
