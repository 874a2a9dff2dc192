// SPDX-License-Identifier: BSL-1.0
// A run queue for each permit: who has nothing to do takes from the others.
//
// INVARIANT: whoever holds two queue locks took that of the lesser index first.
#include "lwp/arch.hpp"
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

// Our own queue is empty: true once there is something in it from another. A lone ready task is
// left to its LWP, which is most often about to run it: see search().
bool Pool::find_elsewhere(Lwp& l, How how) {
  RunQueue& mine = *l.permit->queue;
  account(l, how);
  const std::size_t n = queues_.size();
  if (n == 1) return false;
  // Each begins with its neighbour, so that thieves do not all come to the same one.
  std::size_t self = 0;
  while (queues_[self].get() != &mine) ++self;
  for (std::size_t i = 1; i < n; ++i) {
    RunQueue& other = *queues_[(self + i) % n];
    if (other.size.load(memory_order_relaxed) > 1 && steal_from(l, other)) return true;
  }
  return false;
}

// Takes half of what is ready there.
bool Pool::steal_from(Lwp& l, RunQueue& victim) {
  RunQueue& mine = *l.permit->queue;
  if (victim.size.load(memory_order_relaxed) == 0) return false;
  const bool first = mine.index < victim.index;
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

// While others run, what they make ready is worth a short look before this LWP sleeps: to be woken
// costs both sides a call into the kernel, and tasks that talk to each other need it every time.
// One LWP at a time does so, and meanwhile nobody rings. True if there may be something to do.
bool Pool::search(Lwp& l) {
  if (l.permit->queue->size.load(memory_order_relaxed) > 0) return true;
  const int others = static_cast<int>(permits_.size()) - 1;
  if (idle_count_.load(memory_order_relaxed) >= others) return false;
  if (lingering_.load(memory_order_relaxed) || lingering_.exchange(true)) return false;
  now_searches(l);
  bool found = false;
  for (int looks = 0; !found && looks < kLooks; ++looks) {
    if (one_cpu_) {
      os::yield_cpu();
    } else {
      for (int i = 0; i < kPauses; ++i) arch::pause();
    }
    if (looks % kLooksAtEvents == kLooksAtEvents - 1) look(l);
    found = stopping_.load(memory_order_relaxed) || mail_.load(memory_order_relaxed) ||
            l.permit->queue->size.load(memory_order_relaxed) > 0 || take_what_lies(l, looks == 0);
  }
  lingering_.store(false, memory_order_release);
  if (found) now_searches(l);  // look() may have passed that on with a ring; but now it is our find
  return found;
}

// A lone ready task is taken only from a permit that has dispatched nothing for kStill looks, or
// that had one at every look: its tasks do not wait for each other, they only yield.
bool Pool::take_what_lies(Lwp& l, bool first_look) {
  bool taken = false;
  for (const auto& other : permits_) {
    if (other.get() == l.permit || other->queue == l.permit->queue) continue;
    const std::uint64_t dispatches = other->dispatches.load(memory_order_relaxed);
    if (first_look || dispatches != other->seen_by_searcher) other->still = 0;
    if (first_look) other->always_ready = 0;
    other->seen_by_searcher = dispatches;
    const std::size_t ready = other->queue->size.load(memory_order_relaxed);
    if (ready == 0) {
      other->always_ready = -kLooks;
    } else if (!taken &&
               (ready > 1 || ++other->still > kStill || ++other->always_ready == kLooks - 1)) {
      taken = steal_from(l, *other->queue);
    }
  }
  return taken;
}

// A permit whose LWP is blocked, or computes, keeps its queue. Those that are idle take from it
// anyway (search()); those that are busy look at one other permit every so often, and take from it
// when it has not moved for kStuck. The clock is read only where there is a suspicion.
void Pool::relieve_the_stuck(Lwp& l) {
  Permit& self = *l.permit;
  Permit& other = *permits_[self.suspect];
  const std::uint64_t dispatches = other.dispatches.load(memory_order_relaxed);
  if (&other != &self && dispatches == self.suspect_dispatches &&
      other.queue->size.load(memory_order_relaxed) > 0) {
    const os::Nanos now = os::now();
    if (self.suspect_since == 0) self.suspect_since = now;
    if (now - self.suspect_since >= kStuck) steal_from(l, *other.queue);
    return;
  }
  self.suspect = (self.suspect + 1) % permits_.size();
  self.suspect_dispatches = permits_[self.suspect]->dispatches.load(memory_order_relaxed);
  self.suspect_since = 0;
}

}  // namespace weft::lwp
