// SPDX-License-Identifier: BSL-1.0
// One-to-one: each fiber is a kernel thread on its own stack, and the kernel schedules.
#include <climits>
#include <memory>
#include <mutex>
#include <vector>

#include "fibers/deadlock_watch.hpp"
#include "fibers/switch_sanitizer.hpp"
#include "fibers/thread_parking.hpp"
#include "lwp/line.hpp"
#include "lwp/lock.hpp"

namespace weft::fibers {
namespace {

class ThreadFiber final : public ControlBlock {
 public:
  // The kernel runs it, no dispatch loop does.
  lwp::Left run(lwp::Lwp&) override { return {this, lwp::How::done}; }
  StackBounds stack_bounds() const override { return stack; }

  StackBounds stack;  // of the thread
  lwp::Lwp lwp;
  os::Thread thread;
  std::unique_ptr<std::byte[]> room;  // of the closure
};

class OneToOne final : public EngineBase, public ThreadParking {
 public:
#ifdef WEFT_ASAN
  // AddressSanitizer's frames do not fit a small stack: the system's default.
  explicit OneToOne(const Config&) : stack_bytes_(0) {}
#else
  explicit OneToOne(const Config& config) : stack_bytes_(config.stack_bytes) {}
#endif

  // ---- EngineBase ----
  void start(ControlBlock& block) override {
    spawned_.fetch_add(1, lwp::memory_order_relaxed);
    auto& fiber = static_cast<ThreadFiber&>(block);
    {
      lwp::Core core;
      lwp::sanitizer::release(&fiber);
    }
    watch_.born();
    threads_.fetch_add(1);
    {
      lwp::Core core;
      lwp::trace::created(core.lwp(), fiber);
    }
    try {
      fiber.thread = os::Thread(
          "weft-fiber", [this, &fiber] { carry(fiber); }, stack_bytes_);
    } catch (...) {
      threads_.fetch_sub(1);
      watch_.died(*this);
      throw;
    }
    lwp::Core core;
    lwp::sanitizer::release(&fiber);  // its thread, for who gets this block next
  }

  void run(ControlBlock& main) override {
    spawned_.fetch_add(1, lwp::memory_order_relaxed);
    watch_.born();
    threads_.fetch_add(1);
    os::futex_wake(threads_, INT_MAX);  // who waits to be attached
    carry(static_cast<ThreadFiber&>(main), true);
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
  void outside(int change) override {
    watch_.outside(change, *this);
  }
  void describe(lwp::Line& line) const override {
    line.text("one-to-one");
    if (threads_.load() > 0) line.text(", ").number(threads_.load()).text(" kernel threads");
  }
  void each_lwp(void (*visit)(const lwp::Lwp&, void*), void* context) const override {
    for (const lwp::Task* t = all_tasks(); t != nullptr; t = t->all_next) {
      if (t->home != this) continue;  // an attached thread
      auto& fiber = static_cast<const ThreadFiber&>(*t);
      if (fiber.live.load(lwp::memory_order_acquire)) visit(fiber.lwp, context);
    }
  }

  // ---- attached threads: run() waits for them as for fibers ----
  void attach() override {
    std::uint32_t n = threads_.load();
    while (n == 0 || !threads_.compare_exchange_weak(n, n + 1)) {
      if (n == 0) os::futex_wait(threads_, 0);
      n = threads_.load();
    }
    watch_.born();
  }
  void detach() override {
    watch_.died(*this);
    if (threads_.fetch_sub(1) == 1) os::futex_wake(threads_, 1);
  }

 protected:
  void parked_for_good() override {
    watch_.parked(*this);
  }
  void unparked() override {
    watch_.unparked();
  }

  ControlBlock& allocate() override {
    std::lock_guard lock(fibers_mutex_);
    fibers_.push_back(std::make_unique<ThreadFiber>());
    return *fibers_.back();
  }

  void prepare(ControlBlock& block, Closure closure) override {
    auto& fiber = static_cast<ThreadFiber&>(block);
    {
      lwp::Core core;
      lwp::sanitizer::acquire(&fiber);
    }
    fiber.thread.join();  // of the fiber that had this block before: it is at its very end
    fiber.room = std::make_unique<std::byte[]>(closure.bytes + closure.alignment);
    auto at = reinterpret_cast<std::uintptr_t>(fiber.room.get()) + closure.alignment - 1;
    fiber.closure = reinterpret_cast<void*>(at & ~(closure.alignment - 1));
    fiber.lwp.index = static_cast<int>(block.id());
  }

 private:
  // The life of a fiber on the calling kernel thread; the main one's creation nobody has recorded.
  void carry(ThreadFiber& fiber, bool is_main = false) {
    fiber.lwp.scheduler = this;
    fiber.lwp.engine = static_cast<EngineBase*>(this);
    auto stack = os::own_stack();
    fiber.stack = {reinterpret_cast<const char*>(stack.data()), stack.size()};
    fiber.lwp.running.store(&fiber, lwp::memory_order_relaxed);
    lwp::adopt(&fiber.lwp);
    lwp::trace::open(fiber.lwp);
    {
      lwp::Core core;
      lwp::sanitizer::acquire(&fiber);
      if (is_main) lwp::trace::created(core.lwp(), fiber);
      lwp::trace::runs(core.lwp(), fiber);
    }
    fiber.run_body();
    fiber.finish();
    lwp::trace::ends(fiber.lwp, fiber);
    lwp::trace::close(fiber.lwp);
    watch_.died(*this);
    // Once dropped the block may carry another fiber, so its LWP is not ours any more.
    lwp::adopt(nullptr);
    {
      lwp::Core core;
      lwp::sanitizer::release(static_cast<EngineBase*>(this));
      fiber.has_left(core.lwp());
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
