// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "labs/columns.hpp"
#include "labs/terminal.hpp"

namespace weft::labs {

/// A table on a terminal: columns as wide as their widest cell, the first of them for words, the
/// others for figures.
class Table {
 public:
  explicit Table(std::vector<std::string> head) { add(std::move(head)); }
  /// Cells may hold names that programs gave: no control character of theirs reaches the terminal.
  void add(std::vector<std::string> cells) {
    for (auto& cell : cells) cell = printable(cell);
    rows_.push_back(std::move(cells));
  }
  bool empty() const { return rows_.size() < 2; }
  std::size_t rows() const { return rows_.size() - 1; }

  /// `words`: how many columns, from the left, are words.
  std::string text(const Terminal& t, std::size_t words) const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_) {
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
    }
    std::string all;
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      std::string line = " ";
      for (std::size_t i = 0; i < rows_[r].size(); ++i) {
        line += " " + (i < words ? pad_right(rows_[r][i], widths[i] + 1)
                                 : pad_left(rows_[r][i], widths[i] + 1));
      }
      line.erase(line.find_last_not_of(' ') + 1);
      all += (r == 0 ? t.dim(line) : line) + "\n";
    }
    return all;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace weft::labs
