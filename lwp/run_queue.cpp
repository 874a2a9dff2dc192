// SPDX-License-Identifier: BSL-1.0
#include "lwp/run_queue.hpp"

#include <utility>

#include "lwp/policy_check.hpp"

namespace weft::lwp {

RunQueue::RunQueue(const PolicyType& t, std::uint64_t seed, bool preempting)
    : slices(preempting && t.hooks.slice),
      prefers(preempting && t.hooks.preempts),
      watched(t.clocked() || t.hooks.changed || slices || prefers),
      type(t),
      policy(t.make(seed)) {
  if (wants_checks()) policy = std::make_unique<CheckedPolicy>(std::move(policy), t);
  fifo = dynamic_cast<Fifo*>(policy.get());
}

bool RunQueue::offer_watched(Turn& turn, Task& task, Why why) {
  if (type.clocked()) {
    const Nanos now = os::now();
    if (why == Why::yielded && turn.task == &task) {
      account(turn, How::yielded, now);
      turn.began = now;  // the time of the take() that comes next
    }
    task.note_ready(why, now);
  }
  policy->ready(task, why);
  task.queued_in.store(this, memory_order_relaxed);
  return prefers && turn.task != nullptr && turn.task != &task &&
         policy->preempts(task, *turn.task);
}

Task* RunQueue::take_watched(Turn& turn, How how) {
  if (type.clocked()) {
    if (how != How::yielded || turn.cut_off) {
      const Nanos now = os::now();
      account(turn, how, now);
      turn.began = now;
    }
    if (type.hooks.tick) policy->tick(turn.began);
  }
  Task* task = policy->next();
  turn.task = task;
  if (task != nullptr) {
    task->queued_in.store(nullptr, memory_order_relaxed);
    if (slices) turn.slice.store(policy->slice(*task), memory_order_relaxed);
  }
  return task;
}

void RunQueue::account(Turn& turn, How how, Nanos now) {
  Task* task = std::exchange(turn.task, nullptr);
  if (std::exchange(turn.cut_off, false)) how = How::yielded;
  if (task == nullptr) return;
  const Nanos ran = now - turn.began;
  task->note_ran(ran);
  if (type.hooks.stopped) policy->stopped(*task, how, ran);
  task->note_burst_end(how);
}

// The task may be taken, and offered elsewhere, while we come for the lock.
void RunQueue::changed(Task& task, bool locked) {
  while (RunQueue* q = task.queued_in.load(memory_order_relaxed)) {
    if (locked) q->lock.lock();
    const bool still = task.queued_in.load(memory_order_relaxed) == q;
    if (still) q->policy->changed(task);
    if (locked) q->lock.unlock();
    if (still) return;
  }
}

}  // namespace weft::lwp
