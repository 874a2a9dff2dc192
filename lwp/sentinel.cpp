// SPDX-License-Identifier: BSL-1.0
#include "lwp/sentinel.hpp"

#include <algorithm>
#include <mutex>

#include "lwp/pool.hpp"

namespace weft::lwp {

Sentinel::Sentinel(Pool& pool, bool hands_off, os::Nanos slice)
    : pool_(pool), hands_off_(hands_off), slice_(slice) {
  for (std::size_t i = 0; i < pool.lwps_.size(); ++i) seen_.push_back(std::make_unique<Seen>());
  os::has(os::Feature::proc_syscall);  // probed now, not in a look
}

Sentinel::~Sentinel() {
  stop();
}

void Sentinel::start() {
  stopping_.store(false);
  pool_.watch_level_.store(kAsleep);
  eye_opened_ = pool_.permits_.size() >= os::allowed_cpus().size();
  net_thread_ = os::Thread("weft-sentinel", [this] { watch(); });
  if (eye_opened_) eye_thread_ = os::Thread("weft-eye", [this] { watch_idle_cpu(); });
}

void Sentinel::stop() {
  stopping_.store(true);
  ring();
  eye_.fetch_add(1);
  os::futex_wake(eye_, 1);
  net_thread_.join();
  eye_thread_.join();
}

void Sentinel::ring() {
  net_.fetch_add(1);
  os::futex_wake(net_, 1);
}

void Sentinel::raise(int level) {
  int before = pool_.watch_level_.load(memory_order_relaxed);
  do {
    if (before >= level) return;
  } while (!pool_.watch_level_.compare_exchange_weak(before, level));
  if (level == kClose && eye_opened_) {
    eye_.fetch_add(1);
    os::futex_wake(eye_, 1);
  }
  if (before == kAsleep || !eye_opened_) ring();
}

void Sentinel::watch() {
  os::not_metered();
  const trace::Open recording(*outsider(), &pool_);
  os::exact_timers();
  bool idle_before = false;
  while (!stopping_.load()) {
    std::uint32_t rung = net_.load();
    if (pool_.watch_level_.load() == kAsleep) {
      // Without membarrier it may have fallen asleep beside what was just made ready.
      const bool sure = os::has(os::Feature::membarrier);
      os::futex_wait(net_, rung, sure ? os::kNever : os::now() + kUnsureLook);
      if (!sure && !may_sleep()) raise(kNet);
      continue;
    }
    bool look_again_soon = look();
    bool idle = may_sleep();
    if (idle && idle_before) {
      pool_.watch_level_.store(kAsleep);
      // An LWP that has dispatched something since read the old level, but is then seen here; or
      // it reads the new one.
      os::membarrier();
      if (may_sleep()) continue;
      raise(kNet);
    }
    idle_before = idle;
    bool close = pool_.watch_level_.load() == kClose;
    if (close && !eye_opened_ && !pool_.something_ready()) {
      int level = kClose;
      pool_.watch_level_.compare_exchange_strong(level, kNet);
    } else if (!close && pool_.something_ready()) {
      raise(kClose);
      close = true;
    }
    os::Nanos rest = look_again_soon ? kPatience
                     : !close        ? kNetLook
                     : eye_opened_   ? kNetBesideEye
                                     : kCloseLook;
    os::futex_wait(net_, rung, os::now() + rest);
  }
}

// Nothing is ready and nothing is to come but from outside, which will raise the level; or every
// LWP sleeps in the pool's own poller.
bool Sentinel::may_sleep() const {
  if (pool_.something_ready()) return false;
  return pool_.all_idle() ||
         (pool_.next_deadline_.load() == os::kNever && pool_.reactor_.waiting() == 0);
}

void Sentinel::watch_idle_cpu() {
  os::not_metered();
  const trace::Open recording(*outsider(), &pool_);
  os::run_only_when_idle();
  while (!stopping_.load()) {
    std::uint32_t rung = eye_.load();
    int level = pool_.watch_level_.load();
    if (level == kClose && !pool_.something_ready()) {
      pool_.watch_level_.compare_exchange_strong(level, kNet);
      continue;
    }
    if (level < kClose) {
      os::futex_wait(eye_, rung);
      continue;
    }
    ring();  // a CPU is idle though something is ready
    os::futex_wait(eye_, rung, os::now() + kCloseLook);
  }
}

// True if somebody fell asleep so recently that it must be looked at again soon.
bool Sentinel::look() {
  os::Nanos now = os::now();
  bool soon = false;
  std::size_t blocked = 0;
  if (slice_ > 0) pool_.stop_again(now);
  const std::size_t count = static_cast<std::size_t>(pool_.slots());
  for (std::size_t i = 0; i < count; ++i) {
    if (sees_asleep(*pool_.lwps_[i], *seen_[i], now)) ++blocked;
  }
  for (std::size_t i = 0; i < count; ++i) {
    Seen& seen = *seen_[i];
    if (seen.asleep_since == 0) continue;
    if (now - seen.asleep_since < kPatience) {
      soon = true;
    } else {
      note_and_act(*pool_.lwps_[i], seen, now, blocked);
    }
  }
  return soon;
}

bool Sentinel::sees_asleep(Lwp& l, Seen& seen, os::Nanos now) {
  sanitizer::Hidden hidden;
  const Permit* permit;
  std::uint64_t dispatches = 0;
  {
    std::lock_guard lock(pool_.handoff_);
    permit = l.permit;
    if (permit != nullptr) dispatches = permit->dispatches.load(memory_order_relaxed);
  }
  bool stands_still = permit == seen.permit && dispatches == seen.dispatches;
  seen.permit = permit;
  seen.dispatches = dispatches;
  if (!stands_still) {
    seen.asleep_since = 0;
    seen.same_since = now;
  }
  const bool in_core = l.in_core.load();
  // One that has just been given its permit may still be asleep until the kernel runs it: its fiber
  // is in no call. Taken for one it would lose the permit again, and compute on without.
  const bool wakes = l.grant.load(memory_order_relaxed) != 0;
  if (permit == nullptr || in_core || wakes || l.running.load() == nullptr) {
    seen.asleep_since = 0;
    if (slice_ > 0 && permit != nullptr && in_core) {
      end_slice(l, seen, now);
      // Nothing of weft's sleeps there but an idle LWP; a policy that allocates may.
      if (!l.idle.load() && now - seen.same_since >= slice_ && is_asleep(l, seen)) {
        pool_.let_stopped_go();
      }
    }
    return false;
  }
  if (!is_asleep(l, seen)) {
    seen.asleep_since = 0;
    if (slice_ > 0) end_slice(l, seen, now);
    return false;
  }
  if (seen.asleep_since == 0) seen.asleep_since = seen.charged_until = now;
  return true;
}

bool Sentinel::is_asleep(Lwp& l, Seen& seen) {
  seen.watch.watch(l.thread_id.load());
  seen.look = seen.watch.look();
  return seen.look.state != 'R' && seen.look.state != '?';
}

void Sentinel::note_and_act(Lwp& l, Seen& seen, os::Nanos now, std::size_t blocked) {
  if (!note(l, seen, now, blocked)) return;
  if (hands_off_ && pool_.revoke(l, seen.dispatches)) {
    pool_.episodes.handed_off(l.episode);
    seen.asleep_since = 0;
  } else {
    pool_.knock(l);  // so that its next call into weft closes the episode
    if (slice_ > 0) pool_.let_stopped_go();
  }
}

// False if nobody is harmed.
bool Sentinel::note(Lwp& l, Seen& seen, os::Nanos now, std::size_t blocked) {
  sanitizer::Hidden hidden;
  const std::size_t ready = pool_.ready_count();
  // Without anything ready it is worth a wake-up only if it lasts.
  bool lasts = now - seen.asleep_since >= kNetLook && !may_sleep();
  if (!pool_.something_ready() && !lasts) return false;
  const Task* task = l.running.load();
  if (task == nullptr || l.in_core.load()) return false;
  if (pool_.episodes.notice(l.episode, l, *task, seen.look, ready, pool_)) {
    trace::noticed(l, l.episode.episode, now - seen.asleep_since);
  }
  pool_.episodes.charge(l.episode, static_cast<os::Nanos>(ready) * (now - seen.charged_until) /
                                       static_cast<os::Nanos>(std::max<std::size_t>(blocked, 1)));
  seen.charged_until = now;
  return true;
}

void Sentinel::end_slice(Lwp& l, const Seen& seen, os::Nanos now) {
  if (l.running.load() == nullptr) return;
  const bool urgent = l.asked_at.load(memory_order_relaxed) == seen.dispatches;
  const os::Nanos own = seen.permit->turn.slice.load(memory_order_relaxed);
  if (!urgent && now - seen.same_since < (own > 0 ? own : slice_)) return;
  if (!pool_.somebody_waits(now)) return;
  pool_.preempt(l, seen.dispatches, urgent ? Why::preempted : Why::slice_used);
}

}  // namespace weft::lwp
