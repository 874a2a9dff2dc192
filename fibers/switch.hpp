// SPDX-License-Identifier: BSL-1.0
// The switch between fibers, on Boost.Context, and the two operations that need it: park and yield.
//
// What a switch must carry besides registers and stack, because the compiler and the C++ runtime
// believe in kernel threads:
//   - errno: its address is a thread's, and the compiler remembers it; saved by value per fiber;
//   - the exception state (__cxa_get_globals): else fibers that park inside `catch` exchange their
//     exceptions;
//   - the current LWP: a fiber may go on elsewhere, so the side that leaves passes its LWP to the
//     side that arrives, and thread-locals are read where the compiler cannot see it.
// The floating-point flags are made equal once, in each LWP (lwp/arch.hpp).
//
// The hot path is inline and shallow around the switch on purpose: after it the processor's return
// predictor holds the other fiber's calls, and each return out of here is a miss.
#pragma once

#include <boost/context/detail/fcontext.hpp>
#include <utility>

#include "fibers/engine.hpp"
#include "fibers/stack.hpp"
#include "fibers/switch_sanitizer.hpp"
#include "lwp/note.hpp"
#include "lwp/pool.hpp"

namespace weft::fibers {

/// The C++ runtime's record of exceptions being handled (Itanium ABI: __cxa_eh_globals).
struct ExceptionState {
  void* caught = nullptr;
  unsigned uncaught = 0;

  bool empty() const { return caught == nullptr && uncaught == 0; }
};

/// What an LWP keeps for fibers: its dispatch loop, suspended while a fiber runs, and the addresses
/// of its own errno and exception state.
struct Home {
  boost::context::detail::fcontext_t context = nullptr;
  int* errno_at = nullptr;
  ExceptionState* exceptions = nullptr;  // empty at each arrival
  sanitizer::Context sanitizer;
};

class WeftFiber final : public ControlBlock {
 public:
  explicit WeftFiber(std::size_t stack_bytes) : stack(stack_bytes) {}
  ~WeftFiber() override { sanitizer.destroy(); }

  lwp::Left run(lwp::Lwp& l) override;
  void recycle() override;
  StackBounds stack_bounds() const override { return {stack.bottom(), stack.bytes()}; }

  Stack stack;
  boost::context::detail::fcontext_t context = nullptr;
  ExceptionState exceptions;  // empty, unless it was left in a handler
  int saved_errno = 0;
  sanitizer::Context sanitizer;
};

inline Home& home_of(lwp::Lwp& l) {
  return *static_cast<Home*>(l.home);
}
inline lwp::Pool& pool_of(lwp::Lwp& l) {
  return *static_cast<lwp::Pool*>(l.scheduler);
}

/// The arriving side: notes where the other side was left, and settles it. Returns the LWP.
[[gnu::always_inline]] inline lwp::Lwp& arrive(boost::context::detail::transfer_t t) {
  auto& l = *static_cast<lwp::Lwp*>(t.data);
  lwp::sanitizer::acquire(&l);  // the thread made its thread-locals before
  if (l.left.who == nullptr) {
    home_of(l).context = t.fctx;
  } else {
    static_cast<WeftFiber*>(l.left.who)->context = t.fctx;
    pool_of(l).settle(l, l.left);
  }
  return l;
}

/// Leaves `self` for `next` (null: for the dispatch loop). Returns once somebody switches back.
[[gnu::always_inline]] inline void leave_for(lwp::Core& core, WeftFiber& self, lwp::How how,
                                             WeftFiber* next) {
  lwp::Lwp& from = core.lwp();
  Home& home = home_of(from);
  self.saved_errno = *home.errno_at;
  if (!home.exceptions->empty()) [[unlikely]]
    self.exceptions = std::exchange(*home.exceptions, {});
  from.left = {&self, how};
  from.running.store(next, lwp::memory_order_relaxed);
  lwp::trace::switches(from, self, how, next);
  auto target = next == nullptr ? home.context : next->context;
  self.sanitizer.leave_for(next == nullptr ? home.sanitizer : next->sanitizer);
  auto t = boost::context::detail::jump_fcontext(target, &from);
  self.sanitizer.arrived();
  lwp::Lwp& here = arrive(t);
  Home& at = home_of(here);
  *at.errno_at = self.saved_errno;
  if (!self.exceptions.empty()) [[unlikely]]
    *at.exceptions = std::exchange(self.exceptions, {});
  core.arrived(here);
}

/// As leave_for, but when `next` is bound to another LWP, by way of the loop, which pays that LWP
/// the permit.
[[gnu::always_inline]] inline void leave_for_picked(lwp::Core& core, WeftFiber& self, lwp::How how,
                                                    lwp::Task* next) {
  if (next != nullptr && next->bound != nullptr) [[unlikely]] {
    core.lwp().owed_permit = std::exchange(next, nullptr);
  }
  leave_for(core, self, how, static_cast<WeftFiber*>(next));
}

/// Parks the current fiber under whichever engine runs it; see lwp::Scheduler::park.
[[gnu::always_inline]] inline void park(lwp::Core& core, lwp::Reason why) {
  lwp::Lwp& l = core.lwp();
  if (!l.direct) [[unlikely]] {
    l.scheduler->park(core, why);
    return;
  }
  auto& self = static_cast<WeftFiber&>(core.task());
  if (self.token.load(lwp::memory_order_relaxed) == lwp::Task::kNotified) {
    // A read-modify-write where others may unpark at this moment: their writes must be seen.
    if (l.solo) {
      self.token.store(lwp::Task::kEmpty, lwp::memory_order_relaxed);
    } else {
      self.token.exchange(lwp::Task::kEmpty, lwp::memory_order_acq_rel);
    }
  } else {
    self.waits_for.store(why.what, lwp::memory_order_relaxed);
    self.waits_object.store(why.object, lwp::memory_order_relaxed);
    lwp::note("waits for", why.object, why.what);
    leave_for_picked(core, self, lwp::How::parked, pool_of(l).pick(l));
  }
  lwp::sanitizer::acquire(&self);
}

/// Lets other ready fibers run; returns at once if the policy prefers the caller.
[[gnu::always_inline]] inline void yield(lwp::Core& core) {
  lwp::Lwp& l = core.lwp();
  if (!l.direct) [[unlikely]] {
    (void)core.task();  // a thread of no runtime is told so
    l.scheduler->yield(core);
    return;
  }
  auto& self = static_cast<WeftFiber&>(core.task());
  lwp::spins();
  lwp::Task* next = pool_of(l).requeue_and_pick(l, self);
  if (next != &self) leave_for_picked(core, self, lwp::How::yielded, next);
}
[[gnu::always_inline]] inline void yield() {
  lwp::Core core;
  yield(core);
}

}  // namespace weft::fibers
