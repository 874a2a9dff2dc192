// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <vector>

#include "fibers/engine.hpp"
#include "fibers/thread_parking.hpp"

namespace weft::fibers {

/// Stands for an attached kernel thread where others look for a task. Type-stable like every
/// control block: late unparks are harmless.
class AttachedTask final : public ControlBlock {
 public:
  lwp::Left run(lwp::Lwp&) override { return {this, lwp::How::done}; }

  lwp::Lwp lwp;
  bool in_use = false;  ///< guarded by AttachedThreads::lock_
};

/// The attached threads of one runtime, and how they park.
class AttachedThreads final : public ThreadParking {
 public:
  explicit AttachedThreads(EngineBase& engine) : engine_(engine) {}

  AttachedTask& take(std::string_view name);
  void give_back(AttachedTask& task);
  /// The thread's last step. The runtime may be gone afterwards.
  void left() {
    if (inside_.fetch_sub(1) == 1) os::futex_wake(inside_, 1);
  }
  /// After a run: threads may be at their very last steps.
  void wait_until_left() {
    while (std::uint32_t n = inside_.load()) os::futex_wait(inside_, n);
  }

  bool donates() const override { return engine_.scheduler().donates(); }
  void outside(int change) override { engine_.scheduler().outside(change); }
  void describe(lwp::Line&) const override {}
  void each_lwp(void (*)(const lwp::Lwp&, void*), void*) const override {}

 protected:
  void parked_for_good() override { engine_.scheduler().outside(-1); }
  void unparked() override { engine_.scheduler().outside(1); }

 private:
  EngineBase& engine_;
  lwp::atomic<std::uint32_t> inside_{0};  // futex
  lwp::Lock lock_;
  std::vector<std::unique_ptr<AttachedTask>> tasks_;  // guarded by lock_; only grows
};

}  // namespace weft::fibers
