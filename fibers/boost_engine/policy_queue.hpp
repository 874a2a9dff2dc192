// SPDX-License-Identifier: BSL-1.0
// Weft's policies on Boost.Fiber: the same object that the pool calls decides here. For cooperative
// programs on one thread the sequence of fibers is the same under both engines (a test has it); the
// two know nothing of each other's switching, so each is the other's second opinion.
//
// Three things of Boost.Fiber's need care.
// - Its main and dispatcher contexts belong to their thread and are no tasks of ours. They wait in
//   a queue of their own, for when nothing else is ready; but every kOwnEvery-th pick or yield is
//   theirs, so that a busy program hears of other threads' wake-ups, and the stacks of ended fibers
//   are freed.
// - On a yield it asks pick_next() before it says awakened(): a policy by priority could never let
//   the yielder go on. So a yield is offered and answered by give_way() beforehand, and the two
//   calls that follow only carry it out.
// - A context that is queued must belong to no thread. Between give_way() and awakened() a yielder
//   is queued and still on its thread: `leaving` makes who picks it wait, as in lwp/pool.hpp.
//
// One policy for all LWPs of a runtime, whatever its scope: there are no permits here to steal for.
#pragma once

#include <boost/fiber/algo/algorithm.hpp>
#include <boost/fiber/context.hpp>
#include <boost/fiber/properties.hpp>
#include <boost/fiber/scheduler.hpp>
#include <mutex>
#include <vector>

#include "fibers/engine.hpp"
#include "lwp/run_queue.hpp"

namespace weft::fibers {

class LwpAlgorithm;

/// A fiber that Boost.Fiber carries.
class BoostTask : public ControlBlock {
 public:
  boost::fibers::context* context = nullptr;  // known from the first awakened() on
};

/// The ready fibers of one runtime, and its LWPs that sleep.
struct PolicyQueue : lwp::RunQueue {
  using RunQueue::RunQueue;
  std::vector<LwpAlgorithm*> asleep;  // guarded by lock
};

/// Boost.Fiber's link from its context to ours; it owns and destroys it.
class TaskOfContext final : public boost::fibers::fiber_properties {
 public:
  explicit TaskOfContext(boost::fibers::context* context, BoostTask* t = nullptr)
      : fiber_properties(context), task(t) {}
  BoostTask* const task;  // null: one of Boost's own
};

/// One LWP's view of the queue.
class LwpAlgorithm final : public boost::fibers::algo::algorithm_with_properties<TaskOfContext> {
  using Context = boost::fibers::context;
  static constexpr unsigned kOwnEvery = 61;

 public:
  explicit LwpAlgorithm(PolicyQueue& shared, LwpAlgorithm*& registered) : shared_(shared) {
    registered = this;
  }

  /// The fiber of the next context that is made here.
  void will_launch(BoostTask& task) { launching_ = &task; }
  /// The running fiber ends.
  void will_end() { how_ = lwp::How::done; }
  /// Offers the running fiber; false if the policy chooses it again. Otherwise its yield is next.
  bool give_way(BoostTask& self);

  boost::fibers::fiber_properties* new_properties(Context* context) override {
    return new TaskOfContext(context, std::exchange(launching_, nullptr));
  }
  void awakened(Context* context, TaskOfContext& properties) noexcept override;
  Context* pick_next() noexcept override;
  bool has_ready_fibers() const noexcept override {
    return shared_.size.load(lwp::memory_order_relaxed) > 0 || !own_.empty();
  }
  void suspend_until(std::chrono::steady_clock::time_point const& until) noexcept override;
  /// By any thread.
  void notify() noexcept override {
    notified_.store(1);
    os::futex_wake(notified_, 1);
  }

 private:
  Context* pick_own();
  BoostTask* take();

  PolicyQueue& shared_;
  lwp::Turn turn_;
  lwp::How how_ = lwp::How::parked;  // the running fiber leaves
  BoostTask* launching_ = nullptr;
  BoostTask* chosen_ = nullptr;  // by give_way()
  bool own_next_ = false;        // likewise
  unsigned until_own_ = kOwnEvery;
  boost::fibers::scheduler::ready_queue_type own_;
  lwp::atomic<std::uint32_t> notified_{0};  // futex
};

}  // namespace weft::fibers
