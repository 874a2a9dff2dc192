// SPDX-License-Identifier: BSL-1.0
// Boost.Fiber's scheduling algorithm for many-to-many: one queue for the LWPs of one runtime.
//
// Boost.Fiber's own shared_work keeps its queue in a static variable: the fibers of two runtimes
// would run on each other's threads. It also wakes no sleeping thread when a fiber becomes ready.
#pragma once

#include <boost/fiber/algo/algorithm.hpp>
#include <boost/fiber/context.hpp>
#include <boost/fiber/scheduler.hpp>
#include <mutex>
#include <vector>

#include "lwp/lock.hpp"
#include "lwp/os.hpp"

namespace weft::fibers {

namespace os = lwp::os;
class LwpAlgorithm;

/// The ready fibers of one runtime, first in, first out, and its LWPs that sleep.
struct SharedQueue {
  lwp::Lock lock;
  boost::fibers::scheduler::ready_queue_type ready;  // guarded by lock
  std::vector<LwpAlgorithm*> asleep;                 // guarded by lock
};

/// One LWP's view of it. Boost's main and dispatcher contexts belong to their thread and wait in a
/// queue of their own.
class LwpAlgorithm final : public boost::fibers::algo::algorithm {
  using Context = boost::fibers::context;

 public:
  explicit LwpAlgorithm(SharedQueue& shared) : shared_(shared) {}

  void awakened(Context* context) noexcept override {
    if (context->is_context(boost::fibers::type::pinned_context)) {
      own_.push_back(*context);
      return;
    }
    context->detach();
    LwpAlgorithm* sleeper = nullptr;
    {
      std::lock_guard lock(shared_.lock);
      shared_.ready.push_back(*context);
      if (!shared_.asleep.empty()) {
        sleeper = shared_.asleep.back();
        shared_.asleep.pop_back();
      }
    }
    if (sleeper != nullptr) sleeper->notify();
  }

  Context* pick_next() noexcept override {
    {
      std::lock_guard lock(shared_.lock);
      if (!shared_.ready.empty()) {
        Context* context = &shared_.ready.front();
        shared_.ready.pop_front();
        Context::active()->attach(context);
        return context;
      }
    }
    if (own_.empty()) return nullptr;
    Context* context = &own_.front();
    own_.pop_front();
    return context;
  }

  bool has_ready_fibers() const noexcept override {
    std::lock_guard lock(shared_.lock);
    return !shared_.ready.empty() || !own_.empty();
  }

  void suspend_until(std::chrono::steady_clock::time_point const& until) noexcept override {
    {
      std::lock_guard lock(shared_.lock);
      if (!shared_.ready.empty()) return;
      shared_.asleep.push_back(this);
    }
    os::Nanos deadline = until.time_since_epoch().count();
    if (notified_.load() == 0) os::futex_wait(notified_, 0, deadline);
    notified_.store(0);  // whoever notified has published before: what woke us is looked for next
    std::lock_guard lock(shared_.lock);
    std::erase(shared_.asleep, this);
  }

  /// By any thread.
  void notify() noexcept override {
    notified_.store(1);
    os::futex_wake(notified_, 1);
  }

 private:
  SharedQueue& shared_;
  boost::fibers::scheduler::ready_queue_type own_;
  lwp::atomic<std::uint32_t> notified_{0};  // futex
};

}  // namespace weft::fibers
