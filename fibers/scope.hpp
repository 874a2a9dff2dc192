// SPDX-License-Identifier: BSL-1.0
// Structured concurrency: the fibers started in a scope end before the scope does.
//
//   Scope scope;
//   scope.spawn([&](const std::stop_token& stop) { … });
//   scope.spawn([&] { … });
//   scope.join();   // all have ended; rethrows the first exception
//
// The first child that throws cancels the rest: the scope's stop is requested, which ends those
// waits of the others that were given its token. Later exceptions are dropped. (Martin Sústrik's
// libdill and Nathaniel J. Smith's "Notes on structured concurrency", 2018, made the case.)
//
// A scope is joined by the fiber that made it; its children may spawn into it, too. The stop may be
// requested by fibers and attached threads; from other threads through a parent's token only.
#pragma once

#include <exception>
#include <functional>
#include <stop_token>

#include "fibers/fiber.hpp"
#include "fibers/wait_group.hpp"

namespace weft::fibers {

class Scope {
 public:
  Scope();
  /// Whatever stops the parent stops this scope.
  explicit Scope(const std::stop_token& parent);
  Scope(const Scope&) = delete;
  /// Joins. While an exception passes through, or if `join` was never called, it first requests the
  /// stop in the former case; an exception of a child that nobody took ends the program, unless
  /// another exception is on its way already.
  ~Scope();

  /// Starts a fiber in the scope. `body` takes nothing, or the scope's stop token.
  template <class F>
  void spawn(SpawnOptions options, F&& body,
             std::source_location here = std::source_location::current()) {
    using Body = std::decay_t<F>;
    children_.add();
    try {
      auto run = [this, body = Body(std::forward<F>(body))]() mutable {
        if constexpr (std::is_invocable_v<Body&, const std::stop_token&>) {
          body(std::as_const(token_));
        } else {
          body();
        }
      };
      // Not through the handle: the end of the fiber, after all its destructors, is reported.
      fibers::spawn(options, std::move(run), this, here).detach();
    } catch (...) {
      children_.done();
      throw;
    }
  }
  template <class F>
  void spawn(F&& body, std::source_location here = std::source_location::current()) {
    spawn(SpawnOptions{}, std::forward<F>(body), here);
  }

  /// Waits until all children have ended and rethrows the first exception. More may be spawned
  /// afterwards.
  void join();
  /// Asks the children to end early.
  void request_stop() { stop_.request_stop(); }
  const std::stop_token& stop_token() const { return token_; }

 private:
  friend class ControlBlock;
  friend class WakeOnStop;
  struct Link {
    std::stop_source& stop;
    void operator()() const noexcept { stop.request_stop(); }
  };
  /// By a child at its very end; the scope may be gone afterwards.
  void ended(std::exception_ptr error) noexcept;

  const int exceptions_before_;
  std::stop_source stop_;
  const std::stop_token token_;
  const bool from_outside_;  ///< a parent's stop may come from any thread
  StopSlot<Link> link_;
  WaitGroup children_;
  lwp::Lock lock_;
  std::exception_ptr error_;  // guarded by lock_
};

}  // namespace weft::fibers
