// SPDX-License-Identifier: BSL-1.0
// The rest of the switch: a fiber's first and last steps, the dispatch loop's side, and the engine
// of the mappings many-to-one and many-to-many.
#include "fibers/switch.hpp"

#include <algorithm>
#include <cerrno>
#include <cxxabi.h>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "lwp/line.hpp"
#include "lwp/lock.hpp"

namespace weft::fibers {
namespace {

using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

// A fiber's last step: in core, for whatever is ready, never to return.
[[noreturn]] void leave_for_ever(WeftFiber& self) {
  self.leave_scope();
  lwp::note("ends", nullptr, "");
  lwp::Core core;
  self.wake_joiner(core);
  lwp::sanitizer::release(&self);  // after the last use of this stack that TSan sees
  lwp::sanitizer::release(self.engine);
  lwp::Lwp& l = core.lwp();
  lwp::Task* next = pool_of(l).pick(l, lwp::How::done);
  if (next != nullptr && next->bound != nullptr) l.owed_permit = std::exchange(next, nullptr);
  auto* fiber = static_cast<WeftFiber*>(next);
  Home& home = home_of(l);
  auto target = fiber == nullptr ? home.context : fiber->context;
  l.left = {&self, lwp::How::done};
  l.running.store(next, lwp::memory_order_relaxed);
  lwp::trace::switches(l, self, lwp::How::done, next);
  self.sanitizer.leave_for_ever(fiber == nullptr ? home.sanitizer : fiber->sanitizer);
  jump_fcontext(target, &l);
  __builtin_unreachable();
}

// A fiber's first step.
void first_frame(transfer_t t) {
  lwp::sanitizer::enter_core();  // the others did so when they entered; then they left in core
  auto& l = *static_cast<lwp::Lwp*>(t.data);
  WeftFiber* self;
  {
    auto* from = static_cast<WeftFiber*>(l.left.who);
    Home& home = home_of(l);
    self = static_cast<WeftFiber*>(l.running.load(lwp::memory_order_relaxed));
    self->sanitizer.arrived_first(from == nullptr ? &home.sanitizer : nullptr);
    *home.errno_at = 0;
    arrive(t);
    lwp::sanitizer::acquire(self);
    lwp::leave(l);
  }
  self->run_body();
  leave_for_ever(*self);
}

class WeftEngine final : public EngineBase, public lwp::Pool {
 public:
  WeftEngine(const fibers::Config& config, int permits)
      : EngineBase(config),
        Pool({.permits = permits,
              .max_lwps = lwps_at_most(config, permits),
              .policy = policy_of(config),
              .seed = config.seed,
              .watch = watch(config),
              .preempt = config.preempt,
              .spin = config.spin}),
        hands_off_(config.on_block == OnBlock::handoff),
        stack_bytes_(config.stack_bytes) {
    homes_.resize(static_cast<std::size_t>(lwps_at_most(config, permits)));
    mapping_ = name(config.mapping);
    on_deadlock = [](Pool& pool) { report_deadlock(pool); };
  }

  // ---- EngineBase ----
  void start(ControlBlock& block) override {
    lwp::Core core;
    lwp::sanitizer::release(&block);
    if (core.lwp().scheduler == static_cast<lwp::Pool*>(this)) {
      born(core.lwp(), block);
    } else {
      born_outside(block);
    }
  }
  void attach() override { Pool::attach(); }
  void detach() override { Pool::detach(); }
  void run(ControlBlock& main) override { Pool::run(main); }
  bool about_to_block() override {
    // Without membarrier nobody could take the permit later, should somebody become ready.
    bool now = ready_count() > 0 || !os::has(os::Feature::membarrier);
    return hands_off_ && now && give_up_permit();
  }
  lwp::Scheduler& scheduler() override { return *this; }
  std::uint64_t switches() const override { return dispatches(); }
  std::uint64_t spawned() const override { return tasks_born(); }
  std::size_t ready_count() const override { return Pool::ready_count(); }
  int lwp_count() const override { return Pool::lwp_count(); }
  std::uint64_t preemptions() const override { return Pool::preemptions(); }

  // ---- Scheduler ----
  void park(lwp::Core& core, lwp::Reason why) override { fibers::park(core, why); }
  void yield(lwp::Core& core) override { fibers::yield(core); }
  void describe(lwp::Line& line) const override {
    line.text(mapping_).text(", ");
    line.number(static_cast<std::uint64_t>(Pool::lwps_or_permits()));
    line.text(Pool::lwps_or_permits() == 1 ? " LWP" : " LWPs");
    line.text(", policy ").text(policy_name());
  }

 protected:
  void begin_lwp(lwp::Lwp& l) override {
    Home& home = homes_[static_cast<std::size_t>(l.index - 1)];
    home.errno_at = &errno;
    home.exceptions = reinterpret_cast<ExceptionState*>(abi::__cxa_get_globals());
    home.sanitizer.adopt_thread();
    l.home = &home;
    l.engine = static_cast<EngineBase*>(this);
    lwp::Core core;
    lwp::sanitizer::release(&l);
  }

  ControlBlock& allocate() override {
    auto fiber = std::make_unique<WeftFiber>(stack_bytes_);
    std::lock_guard lock(fibers_mutex_);  // held for a push_back, never across a switch
    fibers_.push_back(std::move(fiber));
    return *fibers_.back();
  }

  // The closure lies at the top of the fiber's own stack, the first frame below it.
  void prepare(ControlBlock& block, Closure closure) override {
    auto& fiber = static_cast<WeftFiber&>(block);
    if (closure.bytes + closure.alignment > fiber.stack.bytes() / 2) {
      throw std::length_error("a fiber's captures would take more than half of its stack");
    }
    auto top = reinterpret_cast<std::uintptr_t>(fiber.stack.top()) - closure.bytes;
    top &= ~(closure.alignment - 1);
    fiber.closure = reinterpret_cast<void*>(top);
    char* frame = reinterpret_cast<char*>(top & ~std::uintptr_t{63});
    fiber.context =
        make_fcontext(frame, static_cast<std::size_t>(frame - fiber.stack.bottom()), first_frame);
    fiber.sanitizer.create(fiber.stack.bottom(), fiber.stack.bytes());
  }

 private:
  static int lwps_at_most(const fibers::Config& config, int permits) {
    constexpr int kSpares = 64;
    if (config.on_block != OnBlock::handoff) return permits;
    return config.max_lwps > 0 ? std::max(config.max_lwps, permits) : permits + kSpares;
  }
  static lwp::Pool::Config::Watch watch(const fibers::Config& config) {
    if (config.on_block == OnBlock::handoff) return lwp::Pool::Config::Watch::hand_off;
    return config.notice_blocking ? lwp::Pool::Config::Watch::notice
                                  : lwp::Pool::Config::Watch::none;
  }

  const bool hands_off_;
  const std::size_t stack_bytes_;
  std::string_view mapping_;
  std::vector<Home> homes_;
  lwp::Lock fibers_mutex_;
  std::vector<std::unique_ptr<WeftFiber>> fibers_;  // guarded by fibers_mutex_; only grows
};

}  // namespace

lwp::Left WeftFiber::run(lwp::Lwp& l) {
  Home& home = home_of(l);
  ExceptionState loop_exceptions = std::exchange(*home.exceptions, {});  // run() in a handler
  int loop_errno = *home.errno_at;
  l.left = {nullptr, lwp::How::yielded};
  auto target = context;
  home.sanitizer.leave_for(sanitizer);
  transfer_t t = jump_fcontext(target, &l);
  home.sanitizer.arrived();
  // Back in the loop of the same LWP: the loop never moves.
  *home.exceptions = loop_exceptions;
  *home.errno_at = loop_errno;
  static_cast<WeftFiber*>(l.left.who)->context = t.fctx;
  return l.left;
}

void WeftFiber::recycle() {
  has_left(*lwp::current());
}

std::unique_ptr<EngineBase> make_weft_engine(const Config& config) {
  int permits = 1;
  if (config.mapping == Mapping::many_to_many) {
    permits = config.lwps > 0 ? config.lwps : static_cast<int>(os::allowed_cpus().size());
  }
  return std::make_unique<WeftEngine>(config, permits);
}

}  // namespace weft::fibers
