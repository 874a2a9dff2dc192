// SPDX-License-Identifier: BSL-1.0
// The run queues of a pool, as far as they are off the hot path: policies that hear of more than
// ready and next, tasks that change while they are queued, and stealing where each permit has a
// queue of its own.
//
// INVARIANT: whoever holds two queue locks took that of the lesser address first.
#include <functional>
#include <utility>

#include "lwp/policy_check.hpp"
#include "lwp/pool.hpp"

namespace weft::lwp {

void Pool::add_queue() {
  auto q = std::make_unique<RunQueue>();
  q->policy = type_.make(config_.seed + queues_.size());
  if (wants_checks()) q->policy = std::make_unique<CheckedPolicy>(std::move(q->policy), type_);
  q->watched = type_.clocked() || type_.hooks.changed;
  queues_.push_back(std::move(q));
}

std::size_t Pool::ready_count() const {
  std::size_t sum = 0;
  for (const auto& q : queues_) sum += q->size.load(memory_order_relaxed);
  return sum;
}

// ---- policies that hear more ------------------------------------------------------------------

void Pool::offer_watched(Lwp& l, RunQueue& q, Task& task, Why why) {
  Permit& permit = *l.permit;
  if (type_.clocked()) {
    const os::Nanos now = os::now();
    if (why == Why::yielded && permit.carries == &task) {
      account(l, q, How::yielded, now);
      permit.now = now;  // the time of the take() that comes next
    }
    task.note_ready(why, now);
  }
  q.policy->ready(task, why);
  task.queued_in.store(&q, memory_order_relaxed);
}

Task* Pool::take_watched(Lwp& l, RunQueue& q, How how) {
  Permit& permit = *l.permit;
  if (type_.clocked()) {
    if (how != How::yielded) {
      const os::Nanos now = os::now();
      account(l, q, how, now);
      permit.now = now;
    }
    if (type_.hooks.tick) q.policy->tick(permit.now);
  }
  Task* task = q.policy->next();
  permit.carries = task;
  if (task != nullptr) task->queued_in.store(nullptr, memory_order_relaxed);
  return task;
}

// The task that this permit carried has left. REQUIRES the queue's lock.
void Pool::account(Lwp& l, RunQueue& q, How how, os::Nanos now) {
  Task* task = std::exchange(l.permit->carries, nullptr);
  if (task == nullptr) return;
  const os::Nanos ran = now - l.permit->now;
  task->note_ran(ran);
  if (type_.hooks.stopped) q.policy->stopped(*task, how, ran);
  task->note_burst_end(how);
}

void Pool::changed(Lwp& l, Task& task) {
  if (!type_.hooks.changed || l.scheduler != this) return;  // of others the next ready() tells
  while (RunQueue* q = task.queued_in.load(memory_order_relaxed)) {
    if (!l.solo) q->lock.lock();
    const bool still = task.queued_in.load(memory_order_relaxed) == q;
    if (still) q->policy->changed(task);
    if (!l.solo) q->lock.unlock();
    if (still) return;
  }
}

// ---- a queue for each permit --------------------------------------------------------------------

// Our own queue is empty: true once there is something in it from another.
bool Pool::find_elsewhere(Lwp& l, How how) {
  RunQueue& mine = *l.permit->queue;
  if (mine.watched && type_.clocked()) {
    mine.lock.lock();
    account(l, mine, how, os::now());
    mine.lock.unlock();
  }
  const std::size_t n = queues_.size();
  if (n == 1) return false;
  // Each begins with its neighbour, so that thieves do not all come to the same one.
  std::size_t self = 0;
  while (queues_[self].get() != &mine) ++self;
  for (std::size_t i = 1; i < n; ++i) {
    if (steal_from(l, *queues_[(self + i) % n])) return true;
  }
  return false;
}

// Takes half of what is ready there.
bool Pool::steal_from(Lwp& l, RunQueue& victim) {
  RunQueue& mine = *l.permit->queue;
  if (victim.size.load(memory_order_relaxed) == 0) return false;
  const bool first = std::less<>()(&mine, &victim);
  (first ? mine : victim).lock.lock();
  (first ? victim : mine).lock.lock();
  std::size_t moved = 0;
  for (std::size_t n = (victim.size.load(memory_order_relaxed) + 1) / 2; n > 0; --n) {
    Task* task = mine.policy->steal(*victim.policy);
    if (task == nullptr) break;
    mine.add(1);  // first: nobody ever sees fewer than there are
    offer(l, mine, *task, Why::stolen);
    victim.add(-1);
    ++moved;
  }
  mine.lock.unlock();
  victim.lock.unlock();
  if (moved > 1) {
    fence();  // pairs with the fence in idle()
    if (idle_count_.load(memory_order_relaxed) > 0) wake_one();
  }
  return moved > 0;
}

// A permit whose LWP is blocked, or computes, keeps its queue. Those that are idle take from it
// anyway; those that are busy look at one other permit every so often, and take from it when it
// has not moved since.
void Pool::relieve_the_stuck(Lwp& l) {
  Permit& self = *l.permit;
  Permit& other = *permits_[self.suspect];
  const std::uint64_t dispatches = other.dispatches.load(memory_order_relaxed);
  if (&other != &self && dispatches == self.suspect_dispatches &&
      other.queue->size.load(memory_order_relaxed) > 0) {
    steal_from(l, *other.queue);
    return;
  }
  self.suspect = (self.suspect + 1) % permits_.size();
  self.suspect_dispatches = permits_[self.suspect]->dispatches.load(memory_order_relaxed);
}

}  // namespace weft::lwp
