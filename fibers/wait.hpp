// SPDX-License-Identifier: BSL-1.0
// What all waits have in common: how long they may last, and how a stop request ends them.
//
// Every wait of a primitive comes in the same forms; WAIT stands for its name, and a bool says
// whether what was waited for came:
//
//   WAIT()                        for as long as it takes
//   WAIT(stop)                    or until the stop is requested
//   WAIT_until(deadline)          or until os::now() reaches the deadline
//   WAIT_until(deadline, stop)
//   WAIT_for(duration), WAIT_for(duration, stop)
//
// If it is there already, it is taken, whatever the deadline and the stop say. A stop may be
// requested by fibers and by any kernel thread. While a wait can be stopped (the token has a
// source) it is not part of a deadlock: somebody outside may hold that source. The exception is the
// token of the scope that the fiber was spawned into (scope.hpp).
#pragma once

#include <stop_token>

#include "fibers/stop_slot.hpp"
#include "fibers/switch.hpp"

namespace weft::fibers {

/// How long a wait may last: until a deadline, or a stop is requested, whichever comes first.
struct Limit {
  os::Nanos deadline = os::kNever;
  const std::stop_token* stop = nullptr;

  bool none() const { return deadline == os::kNever && stop == nullptr; }
};

/// The point in time that long from now; kNever for a duration of kNever.
inline os::Nanos after(os::Nanos duration) {
  os::Nanos now = os::now();
  return duration > os::kNever - now ? os::kNever : now + duration;
}

/// While one lives, a request for this stop wakes the calling fiber, which then ends its own wait
/// (lwp::Waiter::waiting). Made and destroyed outside core: both may run or wait for the callback.
class WakeOnStop {
 public:
  explicit WakeOnStop(const std::stop_token& stop) {
    if (stop.stop_possible()) [[unlikely]]
      watch(stop);
  }
  ~WakeOnStop() {
    if (callback_) [[unlikely]]
      unwatch();
  }
  WakeOnStop(const WakeOnStop&) = delete;

  Limit limit(os::Nanos deadline) const {
    return {deadline, callback_.has_value() ? &stop_ : nullptr};
  }

 private:
  // Not through core: the requester may be any thread, and must not wait for a permit here while
  // the woken fiber, which has one, waits in the destructor for this callback to end.
  struct Unpark {
    lwp::Task* task;
    void operator()() const noexcept { task->home->unpark(*task); }
  };
  static bool is_own_scopes(const ControlBlock& self, const std::stop_token& stop);
  void watch(const std::stop_token& stop);
  void unwatch();

  std::stop_token stop_;
  lwp::Scheduler* scheduler_ = nullptr;  ///< was told that somebody outside may wake us
  StopSlot<Unpark> callback_;
};

/// Parks the current task until `w` is over. Inline, because each return after a switch is
/// mispredicted. REQUIRES core, outside every lock.
[[gnu::always_inline]] inline void park_on(lwp::Core& core, lwp::Waiter& w, lwp::Reason why) {
  do park(core, why);
  while (w.waiting());
}

/// Waits in `list` under `held`, which is dropped meanwhile. True once taken: the lock is
/// not held, and the object may be gone. False if the limit came first: then the waiter is out of
/// the list and the lock is held.
bool wait_in(lwp::WaitList& list, lwp::Locked& held, lwp::Reason why, Limit limit = {},
             void* offer = nullptr);

}  // namespace weft::fibers
