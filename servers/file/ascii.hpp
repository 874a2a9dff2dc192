// SPDX-License-Identifier: BSL-1.0
// What HTTP says of characters, whatever the locale.
#pragma once

#include <cstddef>
#include <string_view>

namespace weft::servers::file {

/// The value of a hexadecimal digit; -1 of any other character.
constexpr int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Equal but for the case of letters.
constexpr bool same(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace weft::servers::file
