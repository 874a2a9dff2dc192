// SPDX-License-Identifier: BSL-1.0
#include "servers/file/range.hpp"

#include <algorithm>
#include <charconv>

namespace weft::servers::file {
namespace {

// All of `text` as digits. A number too big to hold lies behind every file.
bool read_number(std::string_view text, std::uint64_t& number) {
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc::result_out_of_range) number = UINT64_MAX;
  return true;
}

std::string_view trim(std::string_view text) {
  auto begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

Range parse_range(std::string_view field, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  if (field.size() < kUnit.size() ||
      !std::equal(kUnit.begin(), kUnit.end(), field.begin(),
                  [&](char unit, char given) { return same(given, unit); })) {
    return {};
  }
  const auto text = trim(field.substr(kUnit.size()));
  const auto dash = text.find('-');
  if (dash == text.npos || text.find(',') != text.npos) return {};
  const auto from = text.substr(0, dash), to = text.substr(dash + 1);
  std::uint64_t first = 0, last = UINT64_MAX;
  if (from.empty()) {  // the last so many bytes
    if (!read_number(to, last)) return {};
    if (last == 0 || size == 0) return {Range::Kind::nothing};
    return {Range::Kind::part, size - std::min(last, size), size - 1};
  }
  if (!read_number(from, first) || (!to.empty() && !read_number(to, last)) || last < first) {
    return {};
  }
  if (first >= size) return {Range::Kind::nothing};
  return {Range::Kind::part, first, std::min(last, size - 1)};
}

}  // namespace weft::servers::file
