// SPDX-License-Identifier: BSL-1.0
#include "fibers/fiber.hpp"

#include "lwp/dump.hpp"

namespace weft::fibers {

Fiber& Fiber::operator=(Fiber&& other) noexcept {
  if (this != &other) {
    this->~Fiber();
    block_ = std::exchange(other.block_, nullptr);
  }
  return *this;
}

Fiber::~Fiber() {
  if (block_ == nullptr) return;
  block_->wait_until_done();
  drop();
}

void Fiber::join() {
  if (block_ == nullptr) lwp::broken("join() of a fiber that was joined or detached before");
  block_->wait_until_done();
  std::exception_ptr error = std::exchange(block_->error, nullptr);
  drop();
  if (error) std::rethrow_exception(error);
}

void Fiber::detach() {
  if (block_ != nullptr) drop();
}

void Fiber::drop() {
  lwp::Core core;
  std::exchange(block_, nullptr)->drop(core.lwp());
}

void sleep_until(os::Nanos deadline) {
  lwp::Core core;
  lwp::Waiter w(core.task());
  lwp::await(core, w, {"sleep"}, deadline);
}

void sleep_for(os::Nanos duration) {
  sleep_until(os::now() + duration);
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

BlockingCall::BlockingCall(const char* what)
    : engine_(current_engine()), somebody_ready_(engine_.ready_count() > 0), began_(os::now()) {
  show(what);
  engine_.blocking_calls.fetch_add(1, lwp::memory_order_relaxed);
  engine_.ready_at_block.fetch_add(engine_.ready_count(), lwp::memory_order_relaxed);
}

void BlockingCall::show(const char* what) {
  lwp::Core core;
  core.task().in_call.store(what, lwp::memory_order_relaxed);
}

BlockingCall::~BlockingCall() {
  show(nullptr);
  // Time has passed, so timers and events may be due: let the next pick look at them.
  {
    lwp::Core core;
    if (lwp::Permit* permit = core.lwp().permit) permit->until_look = 1;
  }
  os::Nanos length = os::now() - began_;
  engine_.blocked_ns.fetch_add(length, lwp::memory_order_relaxed);
  if (somebody_ready_) {
    engine_.blocked_while_ready_ns.fetch_add(length, lwp::memory_order_relaxed);
  }
}

}  // namespace weft::fibers
