// SPDX-License-Identifier: BSL-1.0
#include "fibers/scope.hpp"

namespace weft::fibers {

Scope::Scope() : Scope(std::stop_token()) {}

Scope::Scope(const std::stop_token& parent)
    : exceptions_before_(std::uncaught_exceptions()),
      token_(stop_.get_token()),
      from_outside_(parent.stop_possible()) {
  if (from_outside_) link_.emplace(parent, Link{stop_});
}

Scope::~Scope() {
  bool unwinding = std::uncaught_exceptions() > exceptions_before_;
  if (unwinding) stop_.request_stop();
  children_.wait();
  if (error_ && !unwinding) unseen_exception("a scope's child", error_);
}

void Scope::join() {
  children_.wait();
  if (std::exception_ptr error = std::exchange(error_, nullptr)) std::rethrow_exception(error);
}

void Scope::ended(std::exception_ptr error) noexcept {
  if (error) {
    bool first;
    {
      lwp::Guard guard(lock_);
      lwp::sanitizer::release(this);
      first = error_ == nullptr;
      if (first) error_.swap(error);
    }
    if (first) stop_.request_stop();
    error = nullptr;  // before the scope may end: its destructor is the user's code
  }
  children_.done();
}

}  // namespace weft::fibers
