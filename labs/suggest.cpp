// SPDX-License-Identifier: BSL-1.0
#include "labs/suggest.hpp"

#include <algorithm>
#include <vector>

namespace weft::labs {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t differ = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + differ});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> words) {
  const std::string* best = nullptr;
  std::size_t least = SIZE_MAX;
  for (const auto& word : words) {
    std::size_t distance = edit_distance(typed, word);
    if (typed.size() >= 2 && word.starts_with(typed)) distance = 0;
    if (word.size() >= 4 && typed.size() >= 4 &&
        word.substr(0, word.size() - 1).starts_with(typed.substr(0, typed.size() - 1)))
      distance = std::min<std::size_t>(distance, 1);
    if (distance >= least) continue;
    least = distance;
    best = &word;
  }
  if (!best || least > std::max<std::size_t>(2, best->size() / 3) || least >= best->size())
    return std::nullopt;
  return *best;
}

}  // namespace weft::labs
