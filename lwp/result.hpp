// SPDX-License-Identifier: BSL-1.0
// An expected failure is a value: either a T, or the errno of the system call that refused it.
#pragma once

#include <cassert>
#include <utility>

namespace weft::lwp {

/// Holds a T or an errno. Cheap to return; must be looked at.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT: a value converts on purpose
  static Result failure(int error) {
    Result r;
    r.error_ = error;
    return r;
  }

  explicit operator bool() const { return error_ == 0; }
  /// The errno, 0 on success.
  int error() const { return error_; }
  T& value() & {
    assert(error_ == 0);
    return value_;
  }
  const T& value() const& {
    assert(error_ == 0);
    return value_;
  }
  T&& value() && {
    assert(error_ == 0);
    return std::move(value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  Result() = default;
  T value_{};
  int error_ = 0;
};

/// Success, or an errno.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  static Result failure(int error) {
    Result r;
    r.error_ = error;
    return r;
  }
  explicit operator bool() const { return error_ == 0; }
  int error() const { return error_; }

 private:
  int error_ = 0;
};

}  // namespace weft::lwp
