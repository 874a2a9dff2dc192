// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <utility>
#include <vector>

namespace weft::servers {

/// First in, first out; keeps its memory.
template <class T>
class Fifo {
 public:
  bool empty() const { return at_ == items_.size(); }
  void push(T item) { items_.push_back(std::move(item)); }
  T pop() {
    T item = std::move(items_[at_++]);
    if (empty()) items_.clear(), at_ = 0;
    return item;
  }

 private:
  std::vector<T> items_;
  std::size_t at_ = 0;
};

}  // namespace weft::servers
