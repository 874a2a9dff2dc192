// SPDX-License-Identifier: BSL-1.0
#include "fibers/fiber.hpp"

#include "lwp/dump.hpp"
#include "lwp/trace/hooks.hpp"

namespace weft::fibers {

Fiber& Fiber::operator=(Fiber&& other) noexcept {
  if (this != &other) {
    this->~Fiber();
    block_ = std::exchange(other.block_, nullptr);
  }
  return *this;
}

void Fiber::no_fiber() {
  lwp::broken("join() of a fiber that was joined or detached before");
}

void Fiber::end() {
  block_->wait_until_done();
  drop();
}

bool Fiber::join_until(os::Nanos deadline, const std::stop_token& stop) {
  if (block_ == nullptr) no_fiber();
  {
    WakeOnStop wake(stop);
    if (!block_->wait_until_done(wake.limit(deadline))) return false;
  }
  take_error();
  return true;
}

void Fiber::take_error() {
  std::exception_ptr error = std::exchange(block_->error, nullptr);
  drop();
  if (error) std::rethrow_exception(error);
}

void Fiber::detach() {
  if (block_ != nullptr) drop();
}

void Fiber::drop() {
  lwp::Core core;
  std::exchange(block_, nullptr)->detach(core.lwp());
}

bool sleep_until(os::Nanos deadline, const std::stop_token& stop) {
  WakeOnStop wake(stop);
  lwp::Core core;
  lwp::Waiter w(core.task(), wake.limit(deadline).stop);
  return lwp::await(core, w, {"sleep"}, deadline) == lwp::Outcome::timed_out;
}

std::uint64_t this_id() {
  lwp::Core core;
  return core.task().id();
}

std::string this_name() {
  lwp::Core core;
  std::array<char, lwp::Task::kNameBytes> name;
  return std::string(core.task().name(name));
}

BlockingCall::BlockingCall(EngineBase& engine, const char* what)
    : engine_(engine), began_(os::now()) {
  const std::size_t ready = engine_.ready_count();
  somebody_ready_ = ready > 0;
  engine_.blocking_calls.fetch_add(1, lwp::memory_order_relaxed);
  engine_.ready_at_block.fetch_add(ready, lwp::memory_order_relaxed);
  lwp::Lwp* l;
  {
    lwp::Core core;
    l = &core.lwp();
    core.task().in_call.store(what, lwp::memory_order_relaxed);
    l->scheduler->episodes.begin(l->episode, *l, core.task(), what, ready);
    lwp::trace::blocks(*l, what);
  }
  if (engine_.about_to_block()) l->scheduler->episodes.handed_off(l->episode);
}

BlockingCall::~BlockingCall() {
  const os::Nanos returned = os::now();
  {
    lwp::Core core;  // with a permit again; a fiber comes back to the LWP it blocked
    lwp::Lwp& l = core.lwp();
    core.task().in_call.store(nullptr, lwp::memory_order_relaxed);
    // Time has passed, so timers and events may be due: let the next pick look at them.
    if (l.permit != nullptr) l.permit->look_at = 0;
    l.scheduler->episodes.end(l.episode, returned);
    lwp::trace::unblocked(l, os::now() - returned);
  }
  engine_.blocked_ns.fetch_add(returned - began_, lwp::memory_order_relaxed);
  if (somebody_ready_) {
    engine_.blocked_while_ready_ns.fetch_add(returned - began_, lwp::memory_order_relaxed);
  }
}

}  // namespace weft::fibers
