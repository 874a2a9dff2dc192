// SPDX-License-Identifier: BSL-1.0
// What an engine and a mapping must bring: a control block for each fiber and a way to run them.
// Everything else (primitives, I/O, joins) is built on Scheduler::park and unpark, once, for all.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <stop_token>

#include "fibers/config.hpp"
#include "fibers/offload.hpp"
#include "fibers/overflow.hpp"
#include "fibers/recycler.hpp"
#include "lwp/core.hpp"

namespace weft::fibers {

struct Limit;  // fibers/wait.hpp
class AttachedThreads;
class EngineBase;
class Scope;
struct LocalValue;

/// A fiber's control block. Type-stable: recycled, but never freed while its runtime lives, so a
/// late unpark meets a block, if not its fiber, and is harmless.
class ControlBlock : public lwp::Task {
 public:
  /// Runs the body and keeps what it throws. Not in core.
  void run_body() noexcept;
  /// Destroys its fiber-local values. By the fiber itself, not in core.
  void destroy_locals() noexcept;
  /// By the fiber, after its body: the end begins. Tells the scope; wakes who joins it already, who
  /// then waits until the fiber has left. Not in core.
  void finish();
  /// Its two parts. The first not in core.
  void leave_scope() {
    if (scope != nullptr) [[unlikely]]
      end_in_scope();
  }
  void wake_joiner(lwp::Core& core);
  /// By who took over from it: the fiber has left its stack for good, and the block is its
  /// handle's, or, if there is none, free. REQUIRES core.
  void has_left(lwp::Lwp& l);
  /// Waits until the fiber has ended. Not in core.
  void wait_until_done();
  /// Likewise; false if the limit came first.
  bool wait_until_done(Limit limit);
  /// Waits for its end, gives up the handle, and returns what the body threw. Not in core.
  std::exception_ptr join();
  /// Gives up the handle, before or after the end. REQUIRES core.
  void detach(lwp::Lwp& l);
  /// Puts back a block whose fiber could not be started. Not in core.
  void abandon();
  /// For the report of an overflow.
  virtual StackBounds stack_bounds() const { return {}; }

  void (*invoke)(void* closure) = nullptr;  ///< calls and destroys the closure
  void* closure = nullptr;
  EngineBase* engine = nullptr;
  std::exception_ptr error;           ///< what the body threw; taken by join
  ControlBlock* next_free = nullptr;  ///< of the Recycler, as the next
  ControlBlock* next_magazine = nullptr;
  const struct Owned* waits_on = nullptr;  ///< debug builds only; see fibers/owned.hpp
  LocalValue* locals = nullptr;            ///< the fiber's own; see fibers/local.hpp
  Scope* scope = nullptr;                  ///< the one it was spawned into

 private:
  friend class EngineBase;
  /// What the fiber and its handle have to tell each other, in one word:
  ///
  ///   runs ──► a joiner's Waiter ──┬─► ends ──► gone        the handle recycles the block
  ///     └──────────────────────────┘
  ///   runs, ends ──► detached                               the fiber does
  enum End : std::uintptr_t { kRuns, kDetached, kEnds, kGone };

  void end_in_scope();
  void wake_joiner(lwp::Lwp& l, std::uintptr_t waiter);
  bool enlist(lwp::Waiter& w);
  void wait_until_gone();
  void free(lwp::Lwp& l);
  lwp::Reason join_of_this() const {
    return {"join of fiber", reinterpret_cast<const void*>(id())};
  }

  lwp::atomic<std::uintptr_t> end_{kRuns};
};

struct Closure {
  std::size_t bytes;
  std::size_t alignment;
};

class EngineBase {
 public:
  virtual ~EngineBase();

  /// A block with room for a closure at block.closure. Not in core.
  ControlBlock& create(std::string_view name, Closure closure);
  /// Makes it ready: its closure is complete. Not in core.
  virtual void start(ControlBlock& block) = 0;
  /// Runs `main` and all fibers to their end, on the calling thread and others.
  virtual void run(ControlBlock& main) = 0;
  virtual lwp::Scheduler& scheduler() = 0;
  /// A plain kernel thread is counted in, once there is a run, which then waits for detach().
  virtual void attach() = 0;
  virtual void detach() = 0;
  AttachedThreads& attached() { return *attached_; }

  /// The calling fiber is about to block its LWP. Not in core. True if another LWP now has its
  /// permit.
  virtual bool about_to_block() { return false; }
  /// Where blocking(f) is to run f; null: on the caller's LWP.
  OffloadPool* helpers() { return helpers_.get(); }

  virtual std::uint64_t switches() const { return 0; }
  virtual std::size_t ready_count() const { return 0; }
  virtual int lwp_count() const = 0;
  virtual std::uint64_t preemptions() const { return 0; }

  virtual std::uint64_t spawned() const { return spawned_.load(lwp::memory_order_relaxed); }
  /// Puts a block back. REQUIRES core.
  void recycle(lwp::Lwp& l, ControlBlock& block);

  // Counters of blocking(f); see Stats.
  lwp::atomic<std::uint64_t> blocking_calls{0};
  lwp::atomic<std::int64_t> blocked_ns{0};
  lwp::atomic<std::uint64_t> ready_at_block{0};
  lwp::atomic<std::int64_t> blocked_while_ready_ns{0};
  lwp::atomic<std::uint64_t> offloaded{0};

 protected:
  EngineBase();
  /// Makes helper threads if the configuration wants them.
  explicit EngineBase(const Config& config);

  /// A new block of the engine's own type. Not in core; may allocate and throw.
  virtual ControlBlock& allocate() = 0;
  /// Sets up a block, fresh or recycled: room for the closure, the first frame. Not in core.
  virtual void prepare(ControlBlock& block, Closure closure) = 0;

  lwp::atomic<std::uint64_t> spawned_{0};  ///< by engines that do not count otherwise

 private:
  const std::unique_ptr<AttachedThreads> attached_;
  std::unique_ptr<OffloadPool> helpers_;
  Recycler recycler_{*this};
};

/// The engine of the calling fiber. Aborts with the dump if there is none.
EngineBase& current_engine();

std::unique_ptr<EngineBase> make_weft_engine(const Config& config);
std::unique_ptr<EngineBase> make_one_to_one_engine(const Config& config);
std::unique_ptr<EngineBase> make_boost_engine(const Config& config);

/// The calling fiber, or attached thread. Aborts with the dump if it is neither.
ControlBlock& current_block();
/// A number for a Local that no other will have.
std::uint64_t new_local_key();

/// std::terminate, saying who threw what nobody will ever see.
[[noreturn]] void unseen_exception(std::string_view who, const std::exception_ptr& error);

/// Prints every fiber and ends the process with 4.
[[noreturn]] void report_deadlock(const lwp::Scheduler& scheduler);

}  // namespace weft::fibers
