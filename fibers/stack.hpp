// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace weft::fibers {

/// A fiber's stack: guarded below, taken from the system page by page as it is touched.
class Stack {
 public:
  /// Throws std::bad_alloc when the system gives no more memory or mappings.
  explicit Stack(std::size_t bytes);
  ~Stack();
  Stack(const Stack&) = delete;

  char* bottom() const { return bottom_; }
  char* top() const { return bottom_ + bytes_; }
  std::size_t bytes() const { return bytes_; }

 private:
  char* bottom_;
  std::size_t bytes_;
};

}  // namespace weft::fibers
