// SPDX-License-Identifier: BSL-1.0
// Catch2's assertions belong to the main thread. Fibers and other kernel threads say here what
// they expected and did not see; the main thread drains it.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "tests/catch.hpp"

namespace weft::testing {

class Collector {
 public:
  /// Notes `what` and the caller's line unless `ok`; returns `ok`.
  bool expect(bool ok, std::string_view what, int line = __builtin_LINE()) {
    if (ok) return true;
    std::lock_guard lock(mutex_);
    if (++failures_ <= 10) {
      text_ += "line " + std::to_string(line) + ": " + std::string(what) + "\n";
    }
    return false;
  }
  template <class A, class B>
  bool equal(const A& seen, const B& wanted, std::string_view what, int line = __builtin_LINE()) {
    if (seen == wanted) return true;
    std::string text(what);
    if constexpr (requires { std::to_string(seen), std::to_string(wanted); }) {
      text += ": " + std::to_string(seen) + ", not " + std::to_string(wanted);
    }
    return expect(false, text, line);
  }
  /// On the main thread: fails the test with what was noted.
  void drain() {
    std::lock_guard lock(mutex_);
    INFO(text_ << (failures_ > 10 ? "… and more\n" : ""));
    REQUIRE(failures_ == 0);
  }

 private:
  std::mutex mutex_;
  std::string text_;
  int failures_ = 0;
};

}  // namespace weft::testing
