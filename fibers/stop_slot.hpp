// SPDX-License-Identifier: BSL-1.0
// A stop callback that comes and goes, with fibers as the two parties of a stop request.
//
// The standard library tells by the kernel thread whether the end of a callback lies inside its
// run. Two fibers of one LWP are one thread to it: they take turns there, and since a callback here
// never switches, its run is over when the other's turn comes. ThreadSanitizer sees two threads
// that nothing orders. So in its builds the callback lies in memory of its own, and ends unseen;
// what a stop request orders for the user (the flag of the token) stays visible.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include "lwp/sanitizer.hpp"

namespace weft::fibers {

#ifdef WEFT_TSAN
template <class Function>
class StopSlot {
 public:
  StopSlot() = default;
  StopSlot(const StopSlot&) = delete;
  ~StopSlot() { reset(); }

  void emplace(const std::stop_token& stop, Function function) {
    callback_ = std::make_unique<std::stop_callback<Function>>(stop, std::move(function));
  }
  bool has_value() const { return callback_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  void reset() {
    lwp::sanitizer::Unseen unseen;
    callback_.reset();
  }

 private:
  std::unique_ptr<std::stop_callback<Function>> callback_;
};
#else
template <class Function>
using StopSlot = std::optional<std::stop_callback<Function>>;
#endif

}  // namespace weft::fibers
