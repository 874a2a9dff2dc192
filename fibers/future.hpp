// SPDX-License-Identifier: BSL-1.0
// A value that another fiber will bring: Promise is the end that brings it, Future the end that
// waits (std::promise and std::future; errors are std::future_error). async(f) runs f in a fiber
// and returns the future of its result. The forms of waiting are those of wait.hpp.
//
// Unlike std::async's, a Future's destructor does not wait: the runtime does, for every fiber. An
// exception in a future that nobody asks is dropped with it.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "fibers/fiber.hpp"
#include "fibers/wait_group.hpp"

namespace weft::fibers {

namespace detail {

/// What both ends share.
template <class T>
struct Shared : WaitGroup {
  Shared() : WaitGroup(1, "future") {}
  using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
  lwp::atomic<bool> claimed{false};  ///< somebody has brought something
  std::optional<Stored> value;       ///< written before the count is zero
  std::exception_ptr error;

  template <class Bring>
  void bring(Bring&& how) {
    if (claimed.exchange(true)) {
      throw std::future_error(std::future_errc::promise_already_satisfied);
    }
    try {
      how();
    } catch (...) {  // nothing was brought: another may
      claimed.store(false);
      throw;
    }
    done();
  }
};

}  // namespace detail

template <class T>
class Future {
 public:
  Future() = default;
  explicit Future(std::shared_ptr<detail::Shared<T>> shared) : shared_(std::move(shared)) {}

  /// Waits, and returns the value or throws what came instead. Once: then it is not valid any more.
  T get() {
    auto shared = std::move(shared_);
    if (shared == nullptr) throw std::future_error(std::future_errc::no_state);
    shared->wait();
    // Ours alone now: what catches it reads it, after the other side has let go of `shared`.
    if (shared->error) std::rethrow_exception(std::exchange(shared->error, nullptr));
    if constexpr (!std::is_void_v<T>) return std::move(*shared->value);
  }
  bool valid() const { return shared_ != nullptr; }
  /// It has come: get() would not wait.
  bool ready() const { return shared_->try_wait(); }
  void wait() const { shared_->wait(); }
  bool wait(const std::stop_token& stop) const { return shared_->wait(stop); }
  bool wait_until(os::Nanos deadline, const std::stop_token& stop = {}) const {
    return shared_->wait_until(deadline, stop);
  }
  bool wait_for(os::Nanos duration, const std::stop_token& stop = {}) const {
    return shared_->wait_for(duration, stop);
  }

 private:
  std::shared_ptr<detail::Shared<T>> shared_;
};

template <class T>
class Promise {
 public:
  Promise() : shared_(std::make_shared<detail::Shared<T>>()) {}
  Promise(Promise&&) noexcept = default;
  Promise& operator=(Promise&& other) noexcept {
    if (this != &other) {
      abandon();
      shared_ = std::move(other.shared_);
    }
    return *this;
  }
  /// If it brought nothing, the future throws std::future_error: broken_promise.
  ~Promise() { abandon(); }

  /// Once.
  Future<T> future() {
    if (std::exchange(given_, true)) {
      throw std::future_error(std::future_errc::future_already_retrieved);
    }
    return Future<T>(shared_);
  }
  template <class... V>
  void set_value(V&&... value) {
    shared_->bring([&] { shared_->value.emplace(std::forward<V>(value)...); });
  }
  void set_exception(std::exception_ptr error) {
    shared_->bring([&] { shared_->error = std::move(error); });
  }

 private:
  void abandon() {
    if (shared_ == nullptr || shared_->claimed.load()) return;
    set_exception(std::make_exception_ptr(std::future_error(std::future_errc::broken_promise)));
  }
  std::shared_ptr<detail::Shared<T>> shared_;
  bool given_ = false;
};

/// Runs `f` in a new fiber. Throws as spawn().
template <class F>
auto async(SpawnOptions options, F&& f,
           std::source_location here = std::source_location::current()) {
  using T = std::invoke_result_t<std::decay_t<F>&>;
  Promise<T> promise;
  Future<T> future = promise.future();
  auto run = [promise = std::move(promise), f = std::decay_t<F>(std::forward<F>(f))]() mutable {
    std::exception_ptr error;
    try {
      if constexpr (std::is_void_v<T>) {
        f();
        promise.set_value();
      } else {
        promise.set_value(f());
      }
    } catch (...) {
      error = std::current_exception();
    }
    // After the catch, so that who gets the exception is the last who has it.
    if (error) promise.set_exception(std::move(error));
  };
  spawn(options, std::move(run), nullptr, here).detach();
  return future;
}
template <class F>
auto async(F&& f, std::source_location here = std::source_location::current()) {
  return async(SpawnOptions{}, std::forward<F>(f), here);
}

}  // namespace weft::fibers
