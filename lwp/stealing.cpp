// SPDX-License-Identifier: BSL-1.0
// A run queue for each permit: who has nothing to do takes from the others.
//
// INVARIANT: whoever holds two queue locks took that of the lesser address first.
#include <functional>

#include "lwp/pool.hpp"

namespace weft::lwp {

void Pool::changed(Lwp& l, Task& task) {
  // What another thread changes, the next ready() tells.
  if (type_.hooks.changed && l.scheduler == this) RunQueue::changed(task, !l.solo);
}

std::size_t Pool::ready_count() const {
  std::size_t sum = 0;
  for (const auto& q : queues_) sum += q->size.load(memory_order_relaxed);
  return sum;
}

// What take() does, where the task left and take() is not asked.
void Pool::account(Lwp& l, How how) {
  RunQueue& mine = *l.permit->queue;
  if (l.permit->turn.task == nullptr || !type_.clocked()) return;
  if (!l.solo) mine.lock.lock();
  mine.account(l.permit->turn, how, os::now());
  if (!l.solo) mine.lock.unlock();
}

// Our own queue is empty: true once there is something in it from another.
bool Pool::find_elsewhere(Lwp& l, How how) {
  RunQueue& mine = *l.permit->queue;
  account(l, how);
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
    mine.offer(l.permit->turn, *task, Why::stolen);
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
