// SPDX-License-Identifier: BSL-1.0
// Who came when: a letter each.
#pragma once

#include <array>
#include <mutex>
#include <string_view>

#include "fibers/explore.hpp"
#include "fibers/fiber.hpp"
#include "fibers/sync.hpp"

namespace order {

using weft::fibers::Mutex;
using weft::fibers::spawn;
using weft::fibers::yield;

class Order {
 public:
  void comes(char who) { seen_[count_++] = who; }
  bool is(std::string_view wanted) const {
    return std::string_view(seen_.data(), count_) == wanted;
  }
  bool begins(std::string_view wanted) const {
    return std::string_view(seen_.data(), count_).starts_with(wanted);
  }

 private:
  std::array<char, 8> seen_{};
  std::size_t count_ = 0;
};

/// As a fiber of this priority, so that the first one, of middle priority, is out of the way.
template <class F>
void run_as(int priority, const char* name, F body) {
  spawn({.name = name, .priority = priority}, body).join();
}

}  // namespace order
