// SPDX-License-Identifier: BSL-1.0
// Who holds which permit. An LWP loses its permit by giving it up before it blocks, or by having it
// revoked while it is outside core; it gets one back when the policy chooses its bound task.
#include <exception>
#include <mutex>

#include "lwp/pool.hpp"

namespace weft::lwp {

// REQUIRES handoff_, a free slot, and to be hidden from TSan.
Lwp* Pool::start_lwp() {
  const bool again = vacant_ != nullptr;
  int index = again ? vacant_->index - 1 : slots();
  Lwp& l = *lwps_[static_cast<std::size_t>(index)];
  std::string name = "weft-lwp-" + std::to_string(l.index);
  sanitizer::acquire(&threads_);
  sanitizer::leave_core();  // what begins and ends a thread is ordered for TSan, too
  auto begin = [this, &l] {
    adopt(&l);
    trace::open(l);
    begin_lwp(l);
    if (config_.preempt > 0) {
      let_preempt();
      standing_.fetch_add(1);
      os::futex_wake(standing_, 1);
    }
    wait_for_grant(l);
    if (l.permit != nullptr) {  // else the run ended before it was needed
      enter(l);
      work(l);
      leave(l);
    }
    trace::close(l);
  };
  // The slot's thread of before has ended, or is about to: it is joined before the next begins.
  if (again) {
    os::Thread& slot = threads_[static_cast<std::size_t>(index - 1)];
    slot = os::Thread();
    slot = os::Thread(name, begin);
    vacant_ = vacant_->next_spare;
    vacant_count_.fetch_sub(1);
  } else {
    threads_.emplace_back(name, begin);
  }
  sanitizer::enter_core();
  sanitizer::release(&threads_);
  if (!again) lwp_count_.store(index + 1, memory_order_release);
  return &l;
}

// REQUIRES handoff_. Null if no more LWPs may be made, or the run is over.
Lwp* Pool::take_spare() {
  if (stopping_.load(memory_order_relaxed)) return nullptr;
  if (spares_ == nullptr) {
    bool room = vacant_ != nullptr || slots() < static_cast<int>(lwps_.size());
    try {
      return room ? start_lwp() : nullptr;
    } catch (const std::exception&) {  // no thread or memory to be had
      return nullptr;
    }
  }
  Lwp* spare = spares_;
  spares_ = spare->next_spare;
  return spare;
}

// REQUIRES handoff_.
void Pool::grant(Lwp& to, Permit& permit) {
  to.permit = &permit;
  to.revoked.store(false, memory_order_relaxed);
  to.stopped = false;
  if (std::exchange(to.let_go, false)) return;  // it does not wait
  to.grant.store(1, memory_order_release);
  os::futex_wake(to.grant, 1);
}

// The run ends before it was granted one.
void Pool::stop_waiting(Lwp& l) {
  l.grant.store(2, memory_order_release);
  os::futex_wake(l.grant, 1);
}

void Pool::wait_for_grant(Lwp& l) {
  while (l.grant.load(memory_order_acquire) == 0) os::futex_wait(l.grant, 0);
  l.grant.store(0, memory_order_relaxed);
}

bool Pool::give_up_permit() {
  Lwp& l = *current();
  sanitizer::Hidden hidden;
  Uninterrupted here(l);
  handoff_.lock();
  const bool given = l.permit != nullptr && give_permit_away(l, Why::returned);
  handoff_.unlock();
  return given;
}

// False if no spare can be had. REQUIRES handoff_, and that the LWP has a permit and is outside
// core, or is the caller.
bool Pool::give_permit_away(Lwp& l, Why as) {
  Lwp* spare = take_spare();
  if (spare == nullptr) return false;
  outside_.fetch_add(1);
  l.revoked.store(true, memory_order_relaxed);
  l.returns_as = as;
  l.asked_at.store(0, memory_order_relaxed);
  if (as != Why::returned) {
    l.permit->turn.cut_off = true;
    preemptions_.fetch_add(1, memory_order_relaxed);
  }
  // Before it can be ready again: a policy hears of the one, then of the other.
  if (type_.clocked()) {
    RunQueue& q = *l.permit->queue;
    if (!l.solo) q.lock.lock();
    q.account(l.permit->turn, How::parked, os::now());  // or cut off
    if (!l.solo) q.lock.unlock();
  }
  trace::permit_goes(&l, *spare);
  grant(*spare, *std::exchange(l.permit, nullptr));
  return true;
}

// REQUIRES handoff_.
bool Pool::is_at(const Lwp& l, std::uint64_t dispatch) {
  return l.permit != nullptr &&
         (dispatch == kAnyDispatch || l.permit->dispatches.load(memory_order_relaxed) == dispatch);
}

bool Pool::revoke(Lwp& victim, std::uint64_t at_dispatch) {
  if (!os::has(os::Feature::membarrier)) return false;
  sanitizer::Hidden hidden;
  handoff_.lock();
  const bool due = is_at(victim, at_dispatch);
  const bool taken = due && keep_out(victim) && give_permit_away(victim, Why::returned);
  if (due && !taken) victim.revoked.store(false, memory_order_relaxed);
  handoff_.unlock();
  return taken;
}

// True if it is outside core: then it does not enter before `revoked` is false again, or it has
// come by come_back(). REQUIRES handoff_.
bool Pool::keep_out(Lwp& victim) {
  victim.revoked.store(true, memory_order_seq_cst);
  // Pairs with the compiler fence in enter().
  return os::membarrier() && !victim.in_core.load(memory_order_seq_cst);
}

void Pool::knock(Lwp& l) {
  sanitizer::Hidden hidden;
  handoff_.lock();
  if (l.permit != nullptr) l.revoked.store(true, memory_order_relaxed);
  handoff_.unlock();
}

void Pool::come_back(Lwp& l) {
  ask_for_permit(l, false);
}

// In the handler it may also return without one.
void Pool::ask_for_permit(Lwp& l, bool in_handler) {
  sanitizer::Hidden hidden;
  Uninterrupted here(l);
  const os::Nanos asked = os::now();
  handoff_.lock();
  if (asked_to_give_way(l)) give_permit_away(l, l.asked_as);
  bool lost = l.permit == nullptr;  // else a revoker saw us in core and let go
  if (!lost) l.revoked.store(false, memory_order_relaxed);
  const bool has_asked = std::exchange(l.let_go, false);
  l.stopped = lost && in_handler;
  handoff_.unlock();
  if (!lost) return end_episode(l, asked);
  trace::bound(l, l.returns_as);
  if (!has_asked) {
    l.running.load(memory_order_relaxed)->bound = &l;
    Lwp* head = returning_.load(memory_order_relaxed);
    do l.next_returning = head;
    while (!returning_.compare_exchange_weak(head, &l, memory_order_release, memory_order_relaxed));
    post();
  }
  wait_for_grant(l);
  trace::runs(l, *l.running.load(memory_order_relaxed));
  end_episode(l, asked);
}

// A call that it had not announced: an announced one's end comes.
void Pool::end_episode(Lwp& l, os::Nanos asked) {
  const os::Nanos left_kernel = episodes.came_back(l.episode, asked);
  if (left_kernel != 0) trace::unblocked(l, os::now() - left_kernel);
}

// The policy chose a task that sits on another LWP's stack: that LWP gets our permit, and we wait
// as a spare.
void Pool::pay_owed_permit(Lwp& l) {
  Task& task = *std::exchange(l.owed_permit, nullptr);
  Lwp& owner = *std::exchange(task.bound, nullptr);
  handoff_.lock();
  l.next_spare = spares_;
  spares_ = &l;
  Permit& permit = *std::exchange(l.permit, nullptr);
  outside_.fetch_sub(1);
  trace::permit_goes(&l, owner);
  grant(owner, permit);
  handoff_.unlock();
  if (!rest_as_spare(l)) l.permit = nullptr;
}

// Waits for a permit; false if none came for so long that the LWP should end. One spare stays, and
// so does LWP 1, which is the thread that called run(); and all of them where tasks are preempted
// (start_spares()).
bool Pool::rest_as_spare(Lwp& l) {
  while (true) {
    os::Nanos until = os::now() + config_.spare_rest;
    while (l.grant.load(memory_order_acquire) == 0 && os::now() < until) {
      os::futex_wait(l.grant, 0, until);
    }
    std::lock_guard lock(handoff_);
    if (l.grant.load(memory_order_relaxed) != 0) break;
    bool only_one = spares_ == &l && l.next_spare == nullptr;
    if (l.index == 1 || only_one || config_.preempt > 0) {
      // Nothing will change for it but by a grant.
      handoff_.unlock();
      while (l.grant.load(memory_order_acquire) == 0) os::futex_wait(l.grant, 0);
      handoff_.lock();
      break;
    }
    Lwp** link = &spares_;
    while (*link != &l) link = &(*link)->next_spare;
    *link = l.next_spare;
    l.next_spare = std::exchange(vacant_, &l);
    vacant_count_.fetch_add(1);
    return false;
  }
  l.grant.store(0, memory_order_relaxed);
  return true;
}

}  // namespace weft::lwp
