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

template <class Function>
class StopSlot {
 public:
  using Callback = std::stop_callback<Function>;

  StopSlot() = default;
  StopSlot(const StopSlot&) = delete;
  ~StopSlot() { reset(); }

  bool has_value() const { return static_cast<bool>(callback_); }
  explicit operator bool() const { return has_value(); }

#ifdef WEFT_TSAN
  void emplace(const std::stop_token& stop, Function function) {
    callback_ = std::make_unique<Callback>(stop, std::move(function));
  }
  void reset() {
    lwp::sanitizer::Unseen unseen;
    callback_.reset();
  }

 private:
  std::unique_ptr<Callback> callback_;
#else
  void emplace(const std::stop_token& stop, Function function) {
    callback_.emplace(stop, std::move(function));
  }
  void reset() {
    callback_.reset();
  }

 private:
  std::optional<Callback> callback_;
#endif
};

}  // namespace weft::fibers
