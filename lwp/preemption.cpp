// SPDX-License-Identifier: BSL-1.0
// Preemption without a switch in a signal handler: the permit moves, and the task stays where it
// is. Its LWP is interrupted and waits in the handler as a bound task, as if it had come back from
// a blocking call; so it keeps its stack, its registers and all thread-locals, and may have been
// stopped anywhere, in malloc, too. Who then waits for what it holds blocks, and is handed off.
//
// The sentinel sees that a task computes on past its slice. A newcomer that the policy prefers
// makes the running task give way at its next call into weft, or at the sentinel's next look.
//
// A stopped task may hold what everybody needs. Therefore
//   - all LWPs are made at the start, and none retires: to begin one later takes memory, and so
//     perhaps the lock of malloc that the stopped task holds;
//   - when whoever has a permit sleeps in the kernel and no spare can be had, the stopped tasks go
//     on without a permit until their next call into weft, or for one slice.
#include <mutex>

#include "lwp/pool.hpp"

namespace weft::lwp {

// In the signal handler, on the LWP's alternate stack, or on the task's.
void Pool::interrupted() {
  Lwp* l = arch::own_lwp();
  if (l == nullptr || l->running.load(memory_order_relaxed) == nullptr) return;
  if (l->in_core.load(memory_order_relaxed)) return;  // it comes to the end of that by itself
  if (l->uninterruptible.load(memory_order_relaxed) > 0) {
    l->interrupt_waits.store(true, memory_order_relaxed);
    return;
  }
  if (!l->revoked.load(memory_order_relaxed)) return;
  static_cast<Pool*>(l->scheduler)->ask_for_permit(*l, true);
}

Uninterrupted::~Uninterrupted() {
  compiler_fence();
  const int left = lwp_.uninterruptible.load(memory_order_relaxed) - 1;
  lwp_.uninterruptible.store(left, memory_order_relaxed);
  compiler_fence();
  if (left > 0 || !lwp_.interrupt_waits.load(memory_order_relaxed)) return;
  lwp_.interrupt_waits.store(false, memory_order_relaxed);
  if (lwp_.revoked.load(memory_order_relaxed)) os::interrupt(os::thread_id());
}

void Pool::let_preempt() {
  os::on_interrupt(interrupted);
  os::let_interrupt();
}

void Pool::preempt(Lwp& victim, std::uint64_t at_dispatch, Why as) {
  if (!os::has(os::Feature::membarrier)) return;
  sanitizer::Hidden hidden;
  std::lock_guard lock(handoff_);
  if (!is_at(victim, at_dispatch)) return;
  if (keep_out(victim)) {
    if (give_permit_away(victim, as)) {
      os::interrupt(victim.thread_id.load(memory_order_relaxed));
    } else {
      victim.revoked.store(false, memory_order_relaxed);
    }
  } else {
    victim.asked_as = as;
    victim.asked_at.store(at_dispatch, memory_order_relaxed);  // at its next entry
  }
}

// As many as the system gives.
void Pool::start_spares() {
  Lwp* made = nullptr;
  while (slots() < static_cast<int>(lwps_.size())) {
    sanitizer::Hidden hidden;
    std::lock_guard lock(handoff_);
    Lwp* spare = take_spare();  // spares_ is empty until all are made
    if (spare == nullptr) break;
    spare->next_spare = std::exchange(made, spare);
  }
  handoff_.lock();
  spares_ = made;
  handoff_.unlock();
  const auto all = static_cast<std::uint32_t>(slots()) - 1;
  for (std::uint32_t n = standing_.load(); n < all; n = standing_.load()) {
    os::futex_wait(standing_, n);
  }
  standing_.store(0);
}

void Pool::let_stopped_go() {
  sanitizer::Hidden hidden;
  std::lock_guard lock(handoff_);
  const os::Nanos now = os::now();
  for (const auto& l : lwps_) {
    if (!std::exchange(l->stopped, false)) continue;
    l->let_go = true;
    l->let_go_at = now;
    l->grant.store(3, memory_order_release);
    os::futex_wake(l->grant, 1);
  }
}

void Pool::stop_again(os::Nanos now) {
  sanitizer::Hidden hidden;
  std::lock_guard lock(handoff_);
  for (const auto& l : lwps_) {
    if (!l->let_go || now - l->let_go_at < config_.preempt) continue;
    l->let_go_at = now;
    os::interrupt(l->thread_id.load(memory_order_relaxed));
  }
}

// By its own thread, in core.
void Pool::ask_to_give_way(Lwp& l) {
  sanitizer::Hidden hidden;
  std::lock_guard lock(handoff_);
  l.asked_as = Why::preempted;
  l.asked_at.store(l.permit->dispatches.load(memory_order_relaxed), memory_order_relaxed);
  l.revoked.store(true, memory_order_relaxed);
}

// Forgets it, too. REQUIRES handoff_.
bool Pool::asked_to_give_way(Lwp& l) {
  const std::uint64_t at = l.asked_at.load(memory_order_relaxed);
  l.asked_at.store(0, memory_order_relaxed);
  return at != 0 && is_at(l, at) && ready_count() > 0;
}

// A ready task, or perhaps what a timer or a descriptor will make ready: nobody has looked at them
// since the LWPs that have the permits began to compute.
bool Pool::somebody_waits(os::Nanos now) const {
  if (something_ready()) return true;
  return idle_count_.load(memory_order_relaxed) == 0 &&
         (reactor_.waiting() > 0 || next_deadline_.load(memory_order_relaxed) <= now);
}

}  // namespace weft::lwp
