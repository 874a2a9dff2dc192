// SPDX-License-Identifier: BSL-1.0
#include "fibers/select.hpp"

#include <algorithm>
#include <array>

#include "lwp/dump.hpp"

namespace weft::fibers {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// Marsaglia's xorshift, one sequence for each LWP.
std::uint32_t any_number(lwp::Lwp& l) {
  l.random ^= l.random << 13;
  l.random ^= l.random >> 17;
  l.random ^= l.random << 5;
  return l.random;
}

/// The cases of one select, and where the special ones are.
class Selection {
 public:
  explicit Selection(std::span<SelectCase* const> cases) : cases_(cases) {
    if (cases.size() > kSelectCases) lwp::broken("a select of more than kSelectCases cases");
    for (std::size_t i = 0; i < cases.size(); ++i) {
      switch (cases[i]->kind) {
        case SelectCase::Kind::channel:
          by_lock_[channels_++] = i;
          break;
        case SelectCase::Kind::deadline:
          deadline = i;
          break;
        case SelectCase::Kind::stop:
          stop = i;
          break;
        case SelectCase::Kind::otherwise:
          otherwise = i;
          break;
      }
    }
    std::sort(by_lock_.begin(), by_lock_.begin() + channels_,
              [&](auto a, auto b) { return cases[a]->lock < cases[b]->lock; });
  }

  void lock_all(lwp::Core& core) {
    each_lock([&](lwp::Lock& lock) {
      if (!core.lwp().alone) lock.lock();
    });
  }
  void unlock_all(lwp::Core& core) {
    each_lock([&](lwp::Lock& lock) {
      if (!core.lwp().alone) lock.unlock();
    });
  }

  // Does one that can be done at once, kNone if none can. REQUIRES all locks. In an order drawn
  // anew (Fisher and Yates), so each of those that can be done is it equally often.
  std::size_t attempt(lwp::Lwp& l, lwp::Waiter*& wake) {
    std::array<std::size_t, kSelectCases> order;
    std::copy_n(by_lock_.begin(), channels_, order.begin());
    for (std::size_t n = 0; n < channels_; ++n) {
      const std::size_t left = channels_ - n;
      if (left > 1) std::swap(order[n], order[n + any_number(l) % left]);
      if (cases_[order[n]]->attempt(l.alone, wake)) return order[n];
    }
    return kNone;
  }

  // REQUIRES all locks.
  void join(lwp::Waiter& whole) {
    for (std::size_t n = 0; n < channels_; ++n) {
      cases_[by_lock_[n]]->join(waiters_[n].emplace(whole));
    }
  }

  // Out of the lists in which it still is; the case that was taken, kNone if none.
  std::size_t leave(lwp::Core& core, const lwp::Waiter& whole) {
    bool taken = whole.outcome.load(lwp::memory_order_relaxed) == lwp::Outcome::signaled;
    std::size_t fired = kNone;
    for (std::size_t n = 0; n < channels_; ++n) {
      SelectCase& each = *cases_[by_lock_[n]];
      lwp::Waiter& w = *waiters_[n];
      if (taken && whole.fired == &w) {
        fired = by_lock_[n];
        each.done(w);  // and its channel may be gone
        continue;
      }
      lwp::Locked held(core, *each.lock);
      each.leave(w);
    }
    return fired;
  }

  std::size_t deadline = kNone, stop = kNone, otherwise = kNone;

 private:
  // Once each: a channel may be in several cases.
  template <class F>
  void each_lock(F&& f) {
    lwp::Lock* last = nullptr;
    for (std::size_t n = 0; n < channels_; ++n) {
      lwp::Lock* lock = cases_[by_lock_[n]]->lock;
      if (lock != last) f(*lock);
      last = lock;
    }
  }

  std::span<SelectCase* const> cases_;
  std::size_t channels_ = 0;
  std::array<std::size_t, kSelectCases> by_lock_;  // channel cases, in the order of their locks
  std::array<std::optional<lwp::Waiter>, kSelectCases> waiters_;  // the same order
};

}  // namespace

std::size_t select_among(std::span<SelectCase* const> cases) {
  Selection all(cases);
  std::stop_token none;
  WakeOnStop on_stop(all.stop == kNone ? none : *cases[all.stop]->stop);
  Limit limit = on_stop.limit(all.deadline == kNone ? os::kNever : cases[all.deadline]->deadline);

  lwp::Core core;
  lwp::Waiter* wake = nullptr;
  all.lock_all(core);
  std::size_t chosen = all.attempt(core.lwp(), wake);
  if (chosen != kNone || all.otherwise != kNone) {
    all.unlock_all(core);
    lwp::wake(core.lwp(), wake);
    return chosen != kNone ? chosen : all.otherwise;
  }
  lwp::Waiter whole(core.task(), limit.stop);
  all.join(whole);
  all.unlock_all(core);
  lwp::Outcome how = lwp::await(core, whole, {"select"}, limit.deadline);
  std::size_t fired = all.leave(core, whole);
  if (how == lwp::Outcome::timed_out) return all.deadline;
  return how == lwp::Outcome::stopped ? all.stop : fired;
}

}  // namespace weft::fibers
