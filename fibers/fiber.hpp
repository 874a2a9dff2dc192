// SPDX-License-Identifier: BSL-1.0
// Fibers: user-level threads. Everything here is called from inside Runtime::run().
#pragma once

#include <source_location>
#include <type_traits>
#include <utility>

#include "fibers/engine.hpp"
#include "fibers/runtime.hpp"
#include "fibers/wait.hpp"

namespace weft::fibers {

/// A handle of a running or ended fiber. Like std::jthread its destructor joins; a fiber's
/// exception that join() did not take ends the program.
class Fiber {
 public:
  Fiber() = default;
  explicit Fiber(ControlBlock& block) : block_(&block) {}
  Fiber(Fiber&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Fiber& operator=(Fiber&& other) noexcept;
  ~Fiber() {
    if (block_ != nullptr) end();
  }

  /// Waits until the fiber has ended and rethrows what its body threw. Once.
  [[gnu::always_inline]] void join() {  // it parks inside: see fibers/switch.hpp
    if (block_ == nullptr) [[unlikely]]
      no_fiber();
    if (std::exception_ptr error = std::exchange(block_, nullptr)->join()) [[unlikely]]
      std::rethrow_exception(std::move(error));
  }
  /// Likewise, but waits no longer than until os::now() reaches `deadline` or a stop is requested:
  /// false then, and the handle keeps its fiber.
  bool join_until(os::Nanos deadline, const std::stop_token& stop = {});
  bool join_for(os::Nanos duration, const std::stop_token& stop = {}) {
    return join_until(after(duration), stop);
  }
  /// Lets the fiber live on by itself; the runtime still waits for it.
  void detach();
  bool joinable() const { return block_ != nullptr; }
  ControlBlock& block() const { return *block_; }  ///< REQUIRES joinable()
  /// Its number, from 1, unique in its runtime; 0 once joined or detached.
  std::uint64_t id() const { return block_ == nullptr ? 0 : block_->id(); }

 private:
  [[noreturn]] static void no_fiber();
  void end();
  void drop();
  void take_error();
  ControlBlock* block_ = nullptr;
};

struct SpawnOptions {
  std::string_view name = {};  ///< shown in dumps; 23 bytes are kept
  // For the policy; each looks at its own part (lwp::Wishes).
  int priority = lwp::Wishes{}.priority;     ///< 0 (may wait) to 63 (urgent)
  unsigned tickets = lwp::Wishes{}.tickets;  ///< its share: 1 to 65535
  os::Nanos deadline = lwp::kNoDeadline;     ///< as os::now(): who is first
  os::Nanos period = 0;                      ///< of regular work, else 0

  lwp::Wishes wishes() const { return {priority, tickets, deadline, period}; }
};

/// Starts a fiber that calls `body` once. It is ready at once, and runs when the policy says so.
/// Throws std::bad_alloc or std::system_error when there is no memory, mapping or thread for it,
/// std::length_error when its captures leave no room on its stack. A recording says that it was
/// made at `here`.
template <class F>
Fiber spawn(SpawnOptions options, F&& body, Scope* scope = nullptr,
            std::source_location here = std::source_location::current()) {
  using Body = std::decay_t<F>;
  EngineBase& engine = current_engine();
  ControlBlock& block = engine.create(options.name, {sizeof(Body), alignof(Body)});
  block.set_wishes(options.wishes());
  block.origin_file = here.file_name();
  block.origin_line = here.line();
  block.scope = scope;
  Body* made = nullptr;
  try {
    made = new (block.closure) Body(std::forward<F>(body));
    block.invoke = [](void* closure) {
      auto& f = *static_cast<Body*>(closure);
      struct Destroy {
        Body& body;
        ~Destroy() { body.~Body(); }
      } destroy{f};
      f();
    };
    lwp::note("starts", block);
    engine.start(block);
  } catch (...) {
    if (made != nullptr) made->~Body();
    block.abandon();
    throw;
  }
  return Fiber(block);
}

template <class F>
Fiber spawn(F&& body, std::source_location here = std::source_location::current()) {
  return spawn(SpawnOptions{}, std::forward<F>(body), nullptr, here);
}

/// Parks the caller until os::now() reaches `deadline`. False if a stop was requested before.
bool sleep_until(os::Nanos deadline, const std::stop_token& stop = {});
/// Parks the caller for that long, at least, unless a stop is requested.
inline bool sleep_for(os::Nanos duration, const std::stop_token& stop = {}) {
  return sleep_until(after(duration), stop);
}

/// Changes what the policy knows of a fiber, or of the caller; also while it is queued. Of a plain
/// kernel thread's calls the policy hears when the fiber is next made ready.
void set_priority(Fiber& fiber, int priority);
void set_priority(int priority);
void set_tickets(Fiber& fiber, unsigned tickets);
void set_tickets(unsigned tickets);
void set_deadline(Fiber& fiber, os::Nanos deadline);
void set_deadline(os::Nanos deadline);
/// Of the caller, after donation.
int this_priority();

std::uint64_t this_id();
std::string this_name();

/// Accounts for one blocking call of the current fiber, and gives its permit up if it should; see
/// blocking().
class BlockingCall {
 public:
  BlockingCall(EngineBase& engine, const char* what);
  ~BlockingCall();
  BlockingCall(const BlockingCall&) = delete;

 private:
  EngineBase& engine_;
  const os::Nanos began_;
  bool somebody_ready_ = false;
};

/// Runs `f`, which may block in the kernel, and returns its result. `what` names it in the dump
/// and must be a literal. What becomes of the fibers that share the LWP is Config::on_block's:
///   hold     the LWP blocks and all it carries waits: the textbook's problem, here on purpose;
///   handoff  if others are ready, a spare LWP goes on with them (else the sentinel sees to it);
///   offload  a helper thread runs `f`, which must not call into weft, and the fiber parks.
template <class F>
auto blocking(const char* what, F&& f) {
  EngineBase& engine = current_engine();
  if (OffloadPool* helpers = engine.helpers()) {
    engine.offloaded.fetch_add(1, lwp::memory_order_relaxed);
    return offload(*helpers, what, std::forward<F>(f));
  }
  BlockingCall call(engine, what);
  return std::forward<F>(f)();
}

}  // namespace weft::fibers
