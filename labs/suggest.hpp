// SPDX-License-Identifier: BSL-1.0
// "Did you mean …?": the nearest of some words by edit distance.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weft::labs {

/// Fewest insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`
/// (optimal string alignment, F. J. Damerau's four errors).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The word nearest to `typed`, if it is near enough to be meant: at most a third of its letters
/// differ (two at least), or `typed` begins it.
std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> words);

}  // namespace weft::labs
