// SPDX-License-Identifier: BSL-1.0
#include "fibers/engine.hpp"

#include <algorithm>
#include <cstdlib>

#include "fibers/attached_threads.hpp"
#include "fibers/local.hpp"
#include "fibers/scope.hpp"
#include "fibers/wait.hpp"
#include "lwp/dump.hpp"
#include "lwp/line.hpp"

namespace weft::fibers {
namespace {

[[noreturn]] void unjoined(const ControlBlock& block) {
  std::array<char, lwp::Task::kNameBytes> name;
  lwp::Line who;
  who.text("fiber ").number(block.id()).text(" ").text(block.name(name));
  unseen_exception(who.view(), block.error);
}

}  // namespace

void unseen_exception(std::string_view who, const std::exception_ptr& error) {
  lwp::Line line;
  line.text("weft: ").text(who).text(" ended with an exception, and nobody joined it: ");
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    line.text(e.what());
  } catch (...) {
    line.text("(not a std::exception)");
  }
  line.end(os::kStandardError);
  std::terminate();
}

EngineBase::EngineBase() : attached_(std::make_unique<AttachedThreads>(*this)) {}
EngineBase::~EngineBase() = default;

EngineBase::EngineBase(const Config& config) : EngineBase() {
  if (config.on_block == OnBlock::offload && config.mapping != Mapping::one_to_one) {
    constexpr int kMostHelpers = 64;
    int most = config.max_lwps > 0 ? std::max(1, config.max_lwps - config.lwps) : kMostHelpers;
    helpers_ = std::make_unique<OffloadPool>(most);
  }
}

void ControlBlock::run_body() noexcept {
  try {
    invoke(closure);
  } catch (...) {
    error = std::current_exception();
  }
  destroy_locals();
}

void ControlBlock::destroy_locals() noexcept {
  while (LocalValue* last = locals) {  // a destructor may make more
    locals = last->before;
    last->destroy(last);
  }
}

void ControlBlock::finish() {
  leave_scope();
  lwp::Core core;
  wake_joiner(core);
  // Who comes to join from now on does not park; and who came in this moment must not be left
  // parked, or the engine takes it for a deadlock when this fiber is gone.
  std::uintptr_t now = kRuns;
  while (!end_.compare_exchange_strong(now, kEnds, lwp::memory_order_acq_rel) && now > kGone) {
    wake_joiner(core);
    now = kRuns;
  }
}

void ControlBlock::end_in_scope() {
  std::exchange(scope, nullptr)->ended(std::exchange(error, nullptr));
}

void ControlBlock::wake_joiner(lwp::Core& core) {
  lwp::sanitizer::release(this);
  live.store(false, lwp::memory_order_relaxed);  // no dump shows a fiber that only waits for join
  std::uintptr_t now = end_.load(lwp::memory_order_acquire);
  if (now <= kGone) return;  // nobody joins it yet; who does so meanwhile is woken by has_left()
  if (core.lwp().alone) {
    end_.store(kEnds, lwp::memory_order_relaxed);
  } else if (!end_.compare_exchange_strong(now, kEnds, lwp::memory_order_acq_rel)) {
    return;  // it has waited long enough
  }
  wake_joiner(core.lwp(), now);
}

void ControlBlock::wake_joiner(lwp::Lwp& l, std::uintptr_t waiter) {
  auto& w = *reinterpret_cast<lwp::Waiter*>(waiter);
  lwp::Task& task = *w.task;
  w.outcome.store(lwp::Outcome::signaled, lwp::memory_order_release);  // its stack may go
  lwp::unpark(l, task);
}

void ControlBlock::has_left(lwp::Lwp& l) {
  std::uintptr_t before;
  if (l.alone) {
    before = end_.load(lwp::memory_order_relaxed);
    end_.store(kGone, lwp::memory_order_relaxed);
  } else {
    before = end_.exchange(kGone, lwp::memory_order_acq_rel);
  }
  if (before == kDetached) {
    free(l);
  } else if (before > kGone) [[unlikely]] {
    wake_joiner(l, before);
  }
}

// False if there is nothing to park for: the end has begun. One fiber at a time waits for another.
[[gnu::always_inline]] inline bool ControlBlock::enlist(lwp::Waiter& w) {
  std::uintptr_t now = kRuns;
  const auto waiter = reinterpret_cast<std::uintptr_t>(&w);
  if (end_.compare_exchange_strong(now, waiter, lwp::memory_order_acq_rel)) return true;
  if (now > kGone) lwp::broken("two fibers wait for the end of one");
  return false;
}

// It is on its way from its stack: it takes what runs next there, and jumps; unless the kernel took
// its CPU.
inline void ControlBlock::wait_until_gone() {
  while (end_.load(lwp::memory_order_acquire) != kGone) [[unlikely]] os::yield_cpu();
  lwp::sanitizer::acquire(this);
}

bool ControlBlock::wait_until_done(Limit limit) {
  lwp::Core core;
  if (end_.load(lwp::memory_order_acquire) != kGone) {
    lwp::Waiter w(core.task(), limit.stop);
    if (enlist(w)) {
      const lwp::Reason why = join_of_this();
      if (lwp::await(core, w, why, limit.deadline) != lwp::Outcome::signaled) {
        auto still = reinterpret_cast<std::uintptr_t>(&w);
        if (end_.compare_exchange_strong(still, kRuns, lwp::memory_order_acq_rel)) return false;
      }
      // Who found the waiter in the word touches it until it has signaled.
      while (w.outcome.load(lwp::memory_order_acquire) != lwp::Outcome::signaled) park(core, why);
    }
  }
  wait_until_gone();
  return true;
}

void ControlBlock::wait_until_done() {
  wait_until_done(Limit{});
}

// One core section for all of it; and parked here, not three calls deeper, because after the switch
// each return is mispredicted.
std::exception_ptr ControlBlock::join() {
  lwp::Core core;
  if (end_.load(lwp::memory_order_acquire) != kGone) {
    lwp::Waiter w(core.task());
    if (enlist(w)) park_on(core, w, join_of_this());
  }
  wait_until_gone();
  std::exception_ptr thrown = std::exchange(error, nullptr);
  free(core.lwp());
  return thrown;
}

void ControlBlock::detach(lwp::Lwp& l) {
  std::uintptr_t now = kRuns;
  while (now != kGone) {
    if (end_.compare_exchange_strong(now, kDetached, lwp::memory_order_acq_rel)) return;
    if (now > kGone) lwp::broken("a fiber is detached while another waits for its end");
  }
  free(l);
}

void ControlBlock::free(lwp::Lwp& l) {
  if (error) unjoined(*this);
  engine->recycle(l, *this);
}

void ControlBlock::abandon() {
  lwp::Core core;
  live.store(false, lwp::memory_order_relaxed);
  engine->recycle(core.lwp(), *this);
}

ControlBlock& EngineBase::create(std::string_view name, Closure closure) {
  ControlBlock* block;
  std::uint64_t id;
  {
    lwp::Core core;
    block = recycler_.take(core.lwp());
    if (block != nullptr) lwp::sanitizer::acquire(block);
    id = (block != nullptr ? *block->home : scheduler()).next_id(core.lwp());
  }
  if (block == nullptr) {
    block = &allocate();
    block->engine = this;
    block->home = &scheduler();
    scheduler().enlist(*block);
  }
  block->scope = nullptr;
  block->origin_file = nullptr;
  block->end_.store(ControlBlock::kRuns, lwp::memory_order_relaxed);
  block->token.store(lwp::Task::kEmpty, lwp::memory_order_relaxed);
  block->set_identity(id, name);
  try {
    prepare(*block, closure);
  } catch (...) {
    block->abandon();
    throw;
  }
  block->live.store(true, lwp::memory_order_release);
  return *block;
}

void EngineBase::recycle(lwp::Lwp& l, ControlBlock& block) {
  lwp::sanitizer::release(&block);
  recycler_.put(l, block);
}

ControlBlock& current_block() {
  lwp::Core core;
  return static_cast<ControlBlock&>(core.task());
}

std::uint64_t new_local_key() {
  static lwp::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, lwp::memory_order_relaxed) + 1;
}

EngineBase& current_engine() {
  void* engine = lwp::current()->engine;  // the same for as long as the LWP lives
  if (engine == nullptr)
    lwp::broken("spawn(), blocking() or a wait for a descriptor outside Runtime::run()");
  return *static_cast<EngineBase*>(engine);
}

void report_deadlock(const lwp::Scheduler& scheduler) {
  lwp::run_deadlocks();
  // Another LWP may come to the same conclusion while this one writes.
  static lwp::atomic<bool> reported{false};
  while (reported.exchange(true)) os::sleep_until(os::now() + os::kSecond);
  os::write_out(os::kStandardError,
                "weft: deadlock: every fiber waits, and nothing can wake one of them\n");
  lwp::end_deadlocked(scheduler);
}

}  // namespace weft::fibers
