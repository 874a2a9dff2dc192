// SPDX-License-Identifier: BSL-1.0
// Plain kernel threads take part in a run of the pool (fibers/attach.hpp says what for). They are
// let in by a permit's holder, in core between two tasks: so when the first comes, no primitive is
// being used without its lock, and from then on none is; the last to go is noticed likewise.
#include <climits>
#include <mutex>

#include "lwp/pool.hpp"

namespace weft::lwp {

/// A thread that waits to be let in, on its own stack.
struct Pool::Joining {
  atomic<std::uint32_t> let_in{0};  // futex
  Joining* next = nullptr;
};

void Pool::attach() {
  sanitizer::Hidden hidden;
  Joining me;
  me.next = joining_.load(memory_order_relaxed);
  while (
      !joining_.compare_exchange_weak(me.next, &me, memory_order_release, memory_order_relaxed)) {
  }
  post();
  while (me.let_in.load(memory_order_acquire) == 0) os::futex_wait(me.let_in, 0);
}

void Pool::detach() {
  sanitizer::Hidden hidden;
  handoff_.lock();
  --attached_;
  handoff_.unlock();
  realign_.store(true, memory_order_release);
  // In this order: were it no more outside but still alive, it would look like a deadlock.
  detaches_.fetch_add(1, memory_order_acq_rel);
  outside(-1);  // posts: if it was the last an idle LWP sees it
}

void Pool::born_outside(Task& task) {
  sanitizer::Hidden hidden;
  born_outside_.fetch_add(1, memory_order_acq_rel);
  task.token.store(Task::kNewborn, memory_order_release);
  unpark(task);
}

// REQUIRES core, with the permit.
void Pool::let_in() {
  std::lock_guard lock(handoff_);
  if (stopping_.load(memory_order_relaxed)) return;  // they wait for the next run
  Joining* each = joining_.exchange(nullptr, memory_order_acquire);
  realign_.store(false, memory_order_relaxed);
  for (; each != nullptr; ++attached_) {
    attaches_.fetch_add(1, memory_order_acq_rel);
    outside_.fetch_add(1);
    Joining* next = each->next;
    each->next = std::exchange(admitted_, each);
    each = next;
  }
  for (auto& l : lwps_) l->alone = solo() && attached_ == 0;
  while (admitted_ != nullptr) {
    Joining& one = *std::exchange(admitted_, admitted_->next);
    one.let_in.store(1, memory_order_release);
    os::futex_wake(one.let_in, 1);
  }
}

}  // namespace weft::lwp
