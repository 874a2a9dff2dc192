// SPDX-License-Identifier: BSL-1.0
// The same API on Boost.Fiber: it switches and schedules, by its public interface only. Park is a
// wait on a Boost.Fiber condition variable of the fiber's own; every primitive above is ours. One
// plain kernel thread waits for descriptors and deadlines and unparks.
//
// Boost.Fiber does not tell us when it switches, but it does so only inside calls that we make:
// after each of them the current LWP is told anew which fiber it carries.
#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/operations.hpp>
#include <boost/fiber/protected_fixedsize_stack.hpp>
#include <cerrno>
#include <cxxabi.h>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "fibers/boost_engine/policy_queue.hpp"
#include "fibers/deadlock_watch.hpp"
#include "fibers/switch.hpp"
#include "lwp/line.hpp"
#include "lwp/lock.hpp"
#include "lwp/opaque.hpp"
#include "lwp/os/stacks.hpp"
#include "lwp/policy_table.hpp"
#include "lwp/reactor.hpp"
#include "lwp/timers.hpp"

namespace weft::fibers {
namespace {

namespace bf = boost::fibers;

class BoostFiber final : public BoostTask {
 public:
  // Boost.Fiber runs it, no dispatch loop does.
  lwp::Left run(lwp::Lwp&) override { return {this, lwp::How::done}; }
  StackBounds stack_bounds() const override { return stack; }

  StackBounds stack;
  // Guards token, which is plain here. Not a mutex of Boost.Fiber's: that one may switch fibers.
  lwp::Lock lock;
  bf::condition_variable_any wakes;
  std::unique_ptr<std::byte[]> room;  // of the closure
  bool waits_for_descriptor = false;  // its own: then others than fibers can end its park
};

// Boost's guarded stack; notes where it is. The guard is its lowest page.
struct NotedStack {
  boost::context::stack_context allocate() {
    auto made = guarded.allocate();
    fiber->stack = {lowest(made), made.size - os::page_size()};
    return made;
  }
  void deallocate(boost::context::stack_context& made) {  // the fiber may be gone
    os::forget_frames(lowest(made), made.size - os::page_size());
    guarded.deallocate(made);
  }
  static char* lowest(const boost::context::stack_context& made) {
    return static_cast<char*>(made.sp) - made.size + os::page_size();
  }

  BoostFiber* fiber;
  bf::protected_fixedsize_stack guarded;
};

// The calling thread's. Opaque to the compiler, not only out of line: seeing that they compute an
// address and nothing else, it would call them once and remember the answer across a switch.
WEFT_OPAQUE ExceptionState& exceptions() {
  return *reinterpret_cast<ExceptionState*>(abi::__cxa_get_globals());
}
WEFT_OPAQUE int& error_number() {
  return errno;
}

/// What may switch fibers happens inside its life: afterwards the LWP is told which fiber it
/// carries, and the fiber finds its errno and exceptions again (see fibers/switch.hpp).
class Carried {
 public:
  Carried() : self_(lwp::current()->running.load()), errno_(error_number()), mine_(exceptions()) {}
  ~Carried() {
    exceptions() = mine_;
    error_number() = errno_;
    lwp::Lwp& here = *lwp::current();
    here.running.store(self_, lwp::memory_order_relaxed);
    if (self_ != nullptr) lwp::trace::runs(here, *self_);
  }
  Carried(const Carried&) = delete;

 private:
  lwp::Task* const self_;
  const int errno_;
  const ExceptionState mine_;
};

/// The same inside core, which is left meanwhile.
class Switching {
 public:
  explicit Switching(lwp::Core& core) : core_(core) {
    carried_.emplace();
    lwp::leave(core.lwp());
  }
  ~Switching() {
    carried_.reset();
    lwp::Lwp& here = *lwp::current();
    lwp::enter(here);
    core_.arrived(here);
  }

 private:
  lwp::Core& core_;
  std::optional<Carried> carried_;
};

class BoostEngine final : public EngineBase, public lwp::Scheduler {
 public:
  explicit BoostEngine(const Config& config)
      : EngineBase(config),
        config_(config),
        shared_(*lwp::policy_named(policy_of(config)), config.seed) {
    std::size_t n = 1;
    if (config.mapping == Mapping::many_to_many) {
      n = config.lwps > 0 ? static_cast<std::size_t>(config.lwps) : os::allowed_cpus().size();
    }
    for (std::size_t i = 0; i < n; ++i) {
      lwps_.push_back(std::make_unique<lwp::Lwp>());
      lwps_[i]->index = static_cast<int>(i + 1);
      lwps_[i]->scheduler = this;
      lwps_[i]->engine = static_cast<EngineBase*>(this);
    }
    algorithms_.resize(n);
    reactor_.add_wakener(bell_.fd());
  }

  // ---- EngineBase ----
  void start(ControlBlock& block) override {
    spawned_.fetch_add(1, lwp::memory_order_relaxed);
    watch_.born();
    auto& fiber = static_cast<BoostFiber&>(block);
    if (lwp::current()->scheduler != this) {  // an attached thread: LWP 1 launches it
      std::lock_guard lock(end_mutex_);
      to_launch_.push_back(&fiber);
      end_.notify_all();
      return;
    }
    try {
      launch(fiber);
    } catch (...) {
      watch_.died(*this);
      awake_.fetch_sub(1);
      throw;
    }
  }

  // On threads of its own: Boost.Fiber's scheduler stays with a thread for good.
  void run(ControlBlock& main) override {
    stopping_.store(false);
    ended_ = false;
    os::Thread service("weft-service", [this] { serve(); });
    std::vector<os::Thread> threads;
    for (auto& l : lwps_) {
      threads.emplace_back("weft-lwp-" + std::to_string(l->index), [this, &l, &main] {
        lwp::adopt(l.get());
        const lwp::trace::Open recording(*l, this);
        bf::use_scheduling_algorithm<LwpAlgorithm>(shared_, std::ref(algorithm_slot(*l)));
        if (l->index == 1) start(main);
        std::unique_lock lock(end_mutex_);
        while (!ended_) {
          if (l->index == 1 && !to_launch_.empty()) {
            auto fibers = std::exchange(to_launch_, {});
            lock.unlock();
            for (BoostFiber* fiber : fibers) launch(*fiber);
            lock.lock();
          } else {
            end_.wait(lock);
          }
        }
      });
    }
    for (auto& thread : threads) thread.join();
    stopping_.store(true);
    bell_.ring();
    service.join();
  }

  lwp::Scheduler& scheduler() override { return *this; }
  // Looks now and then whether a run has begun.
  void attach() override {
    while (!watch_.join()) os::sleep_until(os::now() + os::kMillisecond);
  }
  void detach() override {
    if (watch_.died(*this) == 0) end();
  }
  int lwp_count() const override { return static_cast<int>(lwps_.size()); }
  std::size_t ready_count() const override {
    // Those alive, less those parked and those that run.
    std::ptrdiff_t ready = awake_.load() - static_cast<std::ptrdiff_t>(lwps_.size());
    return ready > 0 ? static_cast<std::size_t>(ready) : 0;
  }
  std::uint64_t switches() const override { return switches_.load(lwp::memory_order_relaxed); }

  // ---- Scheduler ----
  void park(lwp::Core& core, lwp::Reason why) override { park(core, why, true); }

  void park_until(lwp::Core& core, lwp::Waiter& w, lwp::Reason why, os::Nanos deadline) override {
    lwp::Timer timer(deadline, w);
    {
      std::lock_guard lock(timers_mutex_);
      timers_.arm(timer);
    }
    bell_.ring();
    while (w.waiting()) park(core, why, false);
    std::lock_guard lock(timers_mutex_);
    timers_.disarm(timer);
  }

  // Never switches: its caller may be in core, and stays on its LWP.
  void unpark(lwp::Task& task) override {
    auto& fiber = static_cast<BoostFiber&>(task);
    {
      std::lock_guard lock(fiber.lock);
      const std::uint32_t token = fiber.token.exchange(lwp::Task::kNotified);
      if (token == lwp::Task::kParked) watch_.unparked();
      if (token == lwp::Task::kParked || token == lwp::Task::kTimedPark) {
        lwp::trace::ready(*lwp::current(), task, lwp::Why::woken);
      }
    }
    fiber.wakes.notify_one();
  }

  void yield(lwp::Core& core) override {
    if (!algorithm(core.lwp()).give_way(static_cast<BoostTask&>(core.task()))) return;
    switches_.fetch_add(1, lwp::memory_order_relaxed);
    lwp::trace::switches(core.lwp(), core.task(), lwp::How::yielded, nullptr);
    Switching switching(core);
    boost::this_fiber::yield();
  }

  bool wait_ready(int fd, std::uint32_t interest, os::Nanos deadline) override {
    BoostFiber* self;
    {
      lwp::Core core;
      self = &static_cast<BoostFiber&>(core.task());
    }
    self->waits_for_descriptor = true;
    bool ready = reactor_.wait_ready(fd, interest, deadline);
    self->waits_for_descriptor = false;
    return ready;
  }

  void changed(lwp::Lwp& l, lwp::Task& task) override {
    if (l.scheduler == this) lwp::RunQueue::changed(task, true);
  }
  bool donates() const override { return shared_.type.hooks.changed; }
  void outside(int change) override { watch_.outside(change, *this); }
  void describe(lwp::Line& line) const override {
    line.text(name(config_.mapping)).text(" on Boost.Fiber, ");
    line.number(lwps_.size()).text(lwps_.size() == 1 ? " LWP" : " LWPs");
    line.text(", policy ").text(policy_);
  }
  void run_queues(lwp::Line& line) const override {
    const std::size_t ready = shared_.size.load(lwp::memory_order_relaxed);
    line.text("permits=").number(lwps_.size()).text(" runqueue=").number(ready).text(" ");
  }
  void each_lwp(void (*visit)(const lwp::Lwp&, void*), void* context) const override {
    for (const auto& l : lwps_) visit(*l, context);
  }

 protected:
  ControlBlock& allocate() override {
    std::lock_guard lock(fibers_mutex_);
    fibers_.push_back(std::make_unique<BoostFiber>());
    return *fibers_.back();
  }

  void prepare(ControlBlock& block, Closure closure) override {
    auto& fiber = static_cast<BoostFiber&>(block);
    fiber.room = std::make_unique<std::byte[]>(closure.bytes + closure.alignment);
    auto at = reinterpret_cast<std::uintptr_t>(fiber.room.get()) + closure.alignment - 1;
    fiber.closure = reinterpret_cast<void*>(at & ~(closure.alignment - 1));
  }

 private:
  LwpAlgorithm*& algorithm_slot(const lwp::Lwp& l) {
    return algorithms_[static_cast<std::size_t>(l.index - 1)];
  }
  LwpAlgorithm& algorithm(const lwp::Lwp& l) { return *algorithm_slot(l); }

  void launch(BoostFiber& fiber) {
    awake_.fetch_add(1);
    {
      lwp::Core core;
      lwp::trace::created(core.lwp(), fiber);
    }
    algorithm(*lwp::current()).will_launch(fiber);
    fiber.context = nullptr;
    Carried carried;
    bf::fiber(bf::launch::post, std::allocator_arg,
              NotedStack{&fiber, bf::protected_fixedsize_stack(config_.stack_bytes)},
              [this, &fiber] { carry(fiber); })
        .detach();
  }

  void carry(BoostFiber& fiber) {
    exceptions() = {};
    error_number() = 0;
    {
      lwp::Core core;
      core.lwp().running.store(&fiber, lwp::memory_order_relaxed);
      lwp::trace::runs(core.lwp(), fiber);
    }
    fiber.run_body();
    fiber.finish();
    awake_.fetch_sub(1);
    {
      lwp::Core core;
      lwp::trace::ends(core.lwp(), fiber);
      fiber.has_left(core.lwp());
      core.lwp().running.store(nullptr, lwp::memory_order_relaxed);
      algorithm(core.lwp()).will_end();
    }
    if (watch_.died(*this) == 0) end();
  }

  void end() {
    std::lock_guard lock(end_mutex_);
    ended_ = true;
    end_.notify_all();
  }

  void park(lwp::Core& core, lwp::Reason why, bool for_good) {
    auto& self = static_cast<BoostFiber&>(core.task());
    self.waits_for.store(why.what, lwp::memory_order_relaxed);
    self.waits_object.store(why.object, lwp::memory_order_relaxed);
    for_good = for_good && !self.waits_for_descriptor;
    switches_.fetch_add(1, lwp::memory_order_relaxed);
    lwp::trace::parks(core.lwp(), why);
    Switching switching(core);
    std::unique_lock lock(self.lock);
    if (self.token.load() == lwp::Task::kEmpty) {
      self.token.store(for_good ? lwp::Task::kParked : lwp::Task::kTimedPark);
      awake_.fetch_sub(1);
      if (for_good) watch_.parked(*this);
      self.wakes.wait(lock, [&] { return self.token.load() == lwp::Task::kNotified; });
      awake_.fetch_add(1);
    }
    self.token.store(lwp::Task::kEmpty);
  }

  // The plain kernel thread: descriptors and deadlines.
  void serve() {
    while (!stopping_.load()) {
      os::Nanos next;
      while (true) {
        lwp::Core core;  // as where they are armed: TSan is told in core what it cannot see
        std::unique_lock lock(timers_mutex_);
        lwp::Task* task = timers_.expire(os::now());
        next = timers_.next();
        lock.unlock();
        if (task == nullptr) break;
        unpark(*task);
      }
      lwp::Reactor::Events events;
      reactor_.wait(events, next);
      lwp::Core core;
      reactor_.deliver(core.lwp(), events);
    }
  }

  const Config config_;
  const std::string policy_ = policy_of(config_);
  PolicyQueue shared_;
  std::vector<LwpAlgorithm*> algorithms_;  // by LWP; each made by its own thread, as by Boost
  std::vector<std::unique_ptr<lwp::Lwp>> lwps_;
  lwp::Lock fibers_mutex_;
  std::vector<std::unique_ptr<BoostFiber>> fibers_;  // guarded by fibers_mutex_; only grows

  DeadlockWatch watch_;
  lwp::atomic<std::ptrdiff_t> awake_{0};  // fibers that are not parked
  lwp::atomic<std::uint64_t> switches_{0};

  lwp::Reactor reactor_;
  os::Bell bell_;
  lwp::Lock timers_mutex_;  // taken for a few instructions, never across a switch
  lwp::Timers timers_;      // guarded by timers_mutex_
  lwp::atomic<bool> stopping_{false};

  lwp::Lock end_mutex_;  // not a mutex of Boost.Fiber's: attached threads take it, too
  bf::condition_variable_any end_;
  bool ended_ = false;                  // guarded by end_mutex_
  std::vector<BoostFiber*> to_launch_;  // guarded by end_mutex_
};

}  // namespace

std::unique_ptr<EngineBase> make_boost_engine(const Config& config) {
  return std::make_unique<BoostEngine>(config);
}

}  // namespace weft::fibers
