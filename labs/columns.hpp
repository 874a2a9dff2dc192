// SPDX-License-Identifier: BSL-1.0
// Text by the columns it takes on a terminal: a Chinese character takes two, a combining mark none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weft::labs {

/// Columns a line of ours takes on a terminal, at most.
inline constexpr std::size_t kWidth = 80;

/// Reads the code point at `at` and moves `at` past it. A byte that is no UTF-8 counts as U+FFFD.
char32_t take_code_point(std::string_view text, std::size_t& at);

/// Columns `text` takes. REQUIRES no control characters.
std::size_t columns(std::string_view text);

/// `text` with spaces on its right, or its left, up to `width` columns.
std::string pad_right(std::string_view text, std::size_t width);
std::string pad_left(std::string_view text, std::size_t width);

/// Breaks `text` into lines of at most `width` columns (a longer word stands alone). Lines after
/// the first begin with `indent` spaces. Breaks at spaces and around Chinese characters, but never
/// before closing punctuation; U+00A0 does not break and comes out as a space.
std::string wrap(std::string_view text, std::size_t width, std::size_t indent = 0);

/// What may be shown of a text from elsewhere: bytes that are no UTF-8 become U+FFFD, control
/// characters but line ends and tabs too.
std::string printable(std::string_view text);

/// What a terminal without UTF-8 can show: bars become #, ± becomes +-, and so on.
std::string ascii(std::string_view text);

}  // namespace weft::labs
