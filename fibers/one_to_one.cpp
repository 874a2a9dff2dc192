// SPDX-License-Identifier: BSL-1.0
// One-to-one: each fiber is a kernel thread on its own stack, and the kernel schedules. Park is a
// futex on the fiber's token; waiting for a socket is ppoll in the thread itself.
#include <memory>
#include <mutex>
#include <vector>

#include "fibers/deadlock_watch.hpp"
#include "fibers/switch_sanitizer.hpp"
#include "lwp/line.hpp"
#include "lwp/lock.hpp"
#include "lwp/reactor.hpp"

namespace weft::fibers {
namespace {

class ThreadFiber final : public ControlBlock {
 public:
  // The kernel runs it, no dispatch loop does.
  lwp::Left run(lwp::Lwp&) override { return {this, lwp::How::done}; }

  lwp::Lwp lwp;
  os::Thread thread;
  std::unique_ptr<std::byte[]> room;  // of the closure
};

class OneToOne final : public EngineBase, public lwp::Scheduler {
 public:
#ifdef WEFT_ASAN
  // AddressSanitizer's frames do not fit a small stack: the system's default.
  explicit OneToOne(const Config&) : stack_bytes_(0) {}
#else
  explicit OneToOne(const Config& config) : stack_bytes_(config.stack_bytes) {}
#endif

  // ---- EngineBase ----
  void start(ControlBlock& block) override {
    auto& fiber = static_cast<ThreadFiber&>(block);
    {
      lwp::Core core;
      lwp::sanitizer::release(&fiber);
    }
    watch_.born();
    threads_.fetch_add(1);
    try {
      fiber.thread = os::Thread(
          "weft-fiber", [this, &fiber] { carry(fiber); }, stack_bytes_);
    } catch (...) {
      threads_.fetch_sub(1);
      watch_.died(*this);
      throw;
    }
  }

  void run(ControlBlock& main) override {
    watch_.born();
    threads_.fetch_add(1);
    carry(static_cast<ThreadFiber&>(main));
    std::uint32_t left;
    while ((left = threads_.load()) != 0) os::futex_wait(threads_, left);
    std::lock_guard lock(fibers_mutex_);
    for (auto& fiber : fibers_) fiber->thread.join();
  }

  lwp::Scheduler& scheduler() override {
    return *this;
  }
  int lwp_count() const override {
    return static_cast<int>(threads_.load());
  }

  // ---- Scheduler ----
  void park(lwp::Core& core, lwp::Reason why) override {
    lwp::Task& self = core.task();
    if (commit(self, why, true)) {
      while (self.token.load() == lwp::Task::kParked) {
        os::futex_wait(self.token, lwp::Task::kParked);
      }
    }
    self.token.exchange(lwp::Task::kEmpty);  // reads, so that what the last unparker wrote is seen
    lwp::sanitizer::acquire(&self);
  }

  void park_until(lwp::Core& core, lwp::Waiter& w, lwp::Reason why, os::Nanos deadline) override {
    lwp::Task& self = core.task();
    while (w.waiting()) {
      if (commit(self, why, false)) {
        while (self.token.load() == lwp::Task::kTimedPark && os::now() < deadline) {
          os::futex_wait(self.token, lwp::Task::kTimedPark, deadline);
        }
      }
      self.token.exchange(lwp::Task::kEmpty);
      if (os::now() >= deadline) w.claim(lwp::Outcome::timed_out);
    }
    lwp::sanitizer::acquire(&self);
  }

  void unpark(lwp::Task& task) override {
    std::uint32_t token = task.token.exchange(lwp::Task::kNotified);
    if (token == lwp::Task::kParked) watch_.unparked();
    if (token == lwp::Task::kParked || token == lwp::Task::kTimedPark) {
      os::futex_wake(task.token, 1);
    }
  }

  void yield(lwp::Core&) override {
    os::yield_cpu();
  }

  bool wait_ready(int fd, std::uint32_t interest, os::Nanos deadline) override {
    lwp::Task* self;
    {
      lwp::Core core;
      self = &core.task();
    }
    // Parked as the dump sees it; an unpark meanwhile is kept for the next park.
    commit(*self, lwp::descriptor_reason(fd, interest), false);
    bool ready = os::wait_ready(fd, interest, deadline);
    std::uint32_t parked = lwp::Task::kTimedPark;
    self->token.compare_exchange_strong(parked, lwp::Task::kEmpty);
    return ready;
  }

  void outside(int change) override {
    watch_.outside(change, *this);
  }
  void describe(lwp::Line& line) const override {
    line.text("one-to-one, ").number(threads_.load()).text(" kernel threads");
  }
  void each_lwp(void (*visit)(const lwp::Lwp&, void*), void* context) const override {
    for (const lwp::Task* t = all_tasks(); t != nullptr; t = t->all_next) {
      auto& fiber = static_cast<const ThreadFiber&>(*t);
      if (fiber.live.load(lwp::memory_order_acquire)) visit(fiber.lwp, context);
    }
  }

 protected:
  ControlBlock& allocate() override {
    std::lock_guard lock(fibers_mutex_);
    fibers_.push_back(std::make_unique<ThreadFiber>());
    return *fibers_.back();
  }

  void prepare(ControlBlock& block, Closure closure) override {
    auto& fiber = static_cast<ThreadFiber&>(block);
    fiber.thread.join();  // of the fiber that had this block before: it is at its very end
    fiber.room = std::make_unique<std::byte[]>(closure.bytes + closure.alignment);
    auto at = reinterpret_cast<std::uintptr_t>(fiber.room.get()) + closure.alignment - 1;
    fiber.closure = reinterpret_cast<void*>(at & ~(closure.alignment - 1));
    fiber.lwp.index = static_cast<int>(block.id());
  }

 private:
  // True once parked; false if an unpark came first.
  bool commit(lwp::Task& self, lwp::Reason why, bool for_good) {
    self.waits_for.store(why.what, lwp::memory_order_relaxed);
    self.waits_object.store(why.object, lwp::memory_order_relaxed);
    std::uint32_t empty = lwp::Task::kEmpty;
    bool parked = self.token.compare_exchange_strong(
        empty, for_good ? lwp::Task::kParked : lwp::Task::kTimedPark);
    if (parked && for_good) watch_.parked(*this);
    return parked;
  }

  // The life of a fiber on the calling kernel thread.
  void carry(ThreadFiber& fiber) {
    fiber.lwp.scheduler = this;
    fiber.lwp.engine = static_cast<EngineBase*>(this);
    fiber.lwp.running.store(&fiber, lwp::memory_order_relaxed);
    lwp::adopt(&fiber.lwp);
    {
      lwp::Core core;
      lwp::sanitizer::acquire(&fiber);
    }
    fiber.run_body();
    fiber.finish();
    watch_.died(*this);
    // Once dropped the block may carry another fiber, so its LWP is not ours any more.
    lwp::adopt(nullptr);
    {
      lwp::Core core;
      lwp::sanitizer::release(static_cast<EngineBase*>(this));
      fiber.drop(core.lwp());
    }
    if (threads_.fetch_sub(1) == 1) os::futex_wake(threads_, 1);
  }

  const std::size_t stack_bytes_;
  DeadlockWatch watch_;
  lwp::atomic<std::uint32_t> threads_{0};  // futex: run() waits for zero
  lwp::Lock fibers_mutex_;
  std::vector<std::unique_ptr<ThreadFiber>> fibers_;  // guarded by fibers_mutex_; only grows
};

}  // namespace

std::unique_ptr<EngineBase> make_one_to_one_engine(const Config& config) {
  return std::make_unique<OneToOne>(config);
}

}  // namespace weft::fibers
