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

constexpr int kStandardError = 2;

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
  line.end(kStandardError);
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
  mark_done(core);
}

void ControlBlock::end_in_scope() {
  std::exchange(scope, nullptr)->ended(std::exchange(error, nullptr));
}

void ControlBlock::mark_done(lwp::Core& core) {
  lwp::Locked locked(core, lock_);
  lwp::sanitizer::release(this);
  done_ = true;
  live.store(false, lwp::memory_order_relaxed);  // no dump shows a fiber that only waits for join
  lwp::Waiter* joiners = joiners_.take_all(locked.alone());
  locked.unlock();
  lwp::wake(core.lwp(), joiners);
}

// Inline: parked here and not three calls deeper, because after the switch each return is
// mispredicted. Afterwards the lock is not held.
[[gnu::always_inline]] inline void ControlBlock::wait_until_done(lwp::Guard& guard) {
  if (!done_) {
    lwp::Waiter w(guard.core.task());
    joiners_.push(w);
    guard.unlock();
    park_on(guard.core, w, join_of_this());
  } else {
    guard.unlock();
  }
  lwp::sanitizer::acquire(this);
}

void ControlBlock::wait_until_done() {
  lwp::Guard guard(lock_);
  wait_until_done(guard);
}

bool ControlBlock::wait_until_done(Limit limit) {
  lwp::Guard guard(lock_);
  if (!done_ && !wait_in(joiners_, guard, join_of_this(), limit)) return false;
  lwp::sanitizer::acquire(this);
  return true;
}

// One core section for the wait and the drop.
std::exception_ptr ControlBlock::join() {
  lwp::Guard guard(lock_);
  wait_until_done(guard);
  std::exception_ptr thrown = std::exchange(error, nullptr);
  drop(guard.core.lwp());
  return thrown;
}

void ControlBlock::drop(lwp::Lwp& l) {
  int left;
  if (l.alone) {
    left = references_.load(lwp::memory_order_relaxed) - 1;
    references_.store(left, lwp::memory_order_relaxed);
  } else {
    left = references_.fetch_sub(1, lwp::memory_order_acq_rel) - 1;
  }
  if (left > 0) return;
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
  block->done_ = false;
  block->scope = nullptr;
  block->references_.store(2, lwp::memory_order_relaxed);
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
  if (engine == nullptr) lwp::broken("spawn() outside Runtime::run()");
  return *static_cast<EngineBase*>(engine);
}

void report_deadlock(const lwp::Scheduler& scheduler) {
  // Another LWP may come to the same conclusion while this one writes.
  static lwp::atomic<bool> reported{false};
  while (reported.exchange(true)) os::sleep_until(os::now() + os::kSecond);
  os::write_out(kStandardError,
                "weft: deadlock: every fiber waits, and nothing can wake one of them\n");
  lwp::end_deadlocked(scheduler);
}

}  // namespace weft::fibers
