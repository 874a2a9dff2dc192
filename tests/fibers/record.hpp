// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <string>

#include "lwp/atomic.hpp"

namespace weft::fibers::testing {

/// What fibers write one after another. Atomic, because to ThreadSanitizer taking turns orders
/// nothing: a yield is no synchronisation.
class Record {
 public:
  void operator+=(char c) { text_[size_.fetch_add(1)].store(c); }
  std::string text() const {
    std::string all;
    for (std::size_t i = 0; i < size_.load(); ++i) all += text_[i].load();
    return all;
  }

 private:
  std::array<lwp::atomic<char>, 64> text_{};
  lwp::atomic<std::size_t> size_{0};
};

}  // namespace weft::fibers::testing
