// SPDX-License-Identifier: BSL-1.0
// How a whole kernel thread parks: a futex on its task's token; a wait for a descriptor is ppoll in
// the thread itself. For the fibers of one-to-one, and for kernel threads attached to a runtime.
#pragma once

#include "lwp/reactor.hpp"
#include "lwp/sanitizer.hpp"
#include "lwp/trace/hooks.hpp"

namespace weft::fibers {

namespace os = lwp::os;

class ThreadParking : public lwp::Scheduler {
 public:
  void park(lwp::Core& core, lwp::Reason why) override {
    lwp::Task& self = core.task();
    lwp::trace::parks(core.lwp(), why);
    if (commit(self, why, true)) {
      while (self.token.load() == lwp::Task::kParked) {
        os::futex_wait(self.token, lwp::Task::kParked);
      }
    }
    self.token.exchange(lwp::Task::kEmpty);  // reads, so that what the last unparker wrote is seen
    lwp::trace::runs(core.lwp(), self);
    lwp::sanitizer::acquire(&self);
  }

  void park_until(lwp::Core& core, lwp::Waiter& w, lwp::Reason why, os::Nanos deadline) override {
    lwp::Task& self = core.task();
    lwp::trace::parks(core.lwp(), why);
    while (w.waiting()) {
      if (commit(self, why, false)) {
        while (self.token.load() == lwp::Task::kTimedPark && os::now() < deadline) {
          os::futex_wait(self.token, lwp::Task::kTimedPark, deadline);
        }
      }
      self.token.exchange(lwp::Task::kEmpty);
      if (os::now() >= deadline) w.claim(lwp::Outcome::timed_out);
    }
    lwp::trace::runs(core.lwp(), self);
    lwp::sanitizer::acquire(&self);
  }

  void unpark(lwp::Task& task) override {
    // Counted first: once the token has changed the task may run, and park again.
    std::uint32_t token = task.token.load();
    do {
      if (token == lwp::Task::kParked) {
        unparked();
        if (task.token.compare_exchange_strong(token, lwp::Task::kNotified)) break;
        parked_for_good();  // another was faster
      }
    } while (token == lwp::Task::kParked ||
             !task.token.compare_exchange_weak(token, lwp::Task::kNotified));
    if (token == lwp::Task::kParked || token == lwp::Task::kTimedPark) {
      lwp::trace::ready(*lwp::current(), task, lwp::Why::woken);
      os::futex_wake(task.token, 1);
    }
  }

  void yield(lwp::Core&) override { os::yield_cpu(); }

  bool wait_ready(int fd, std::uint32_t interest, os::Nanos deadline) override {
    lwp::Task* self;
    interest &= ~lwp::kStays;  // nothing is armed here
    const lwp::Reason why = lwp::descriptor_reason(fd, interest);
    {
      lwp::Core core;
      self = &core.task();
      lwp::trace::parks(core.lwp(), why);
    }
    // Parked as the dump sees it; an unpark meanwhile is kept for the next park.
    commit(*self, why, false);
    bool ready = os::wait_ready(fd, interest, deadline);
    {
      lwp::Core core;
      lwp::trace::runs(core.lwp(), *self);
    }
    std::uint32_t parked = lwp::Task::kTimedPark;
    self->token.compare_exchange_strong(parked, lwp::Task::kEmpty);
    return ready;
  }

 protected:
  /// One of our tasks is parked until another unparks it; its park is committed.
  virtual void parked_for_good() = 0;
  /// That has happened. By the unparker, before the task can go on.
  virtual void unparked() = 0;

 private:
  // True once parked; false if an unpark came first.
  bool commit(lwp::Task& self, lwp::Reason why, bool for_good) {
    self.waits_for.store(why.what, lwp::memory_order_relaxed);
    self.waits_object.store(why.object, lwp::memory_order_relaxed);
    std::uint32_t empty = lwp::Task::kEmpty;
    bool parked = self.token.compare_exchange_strong(
        empty, for_good ? lwp::Task::kParked : lwp::Task::kTimedPark);
    if (parked && for_good) parked_for_good();
    return parked;
  }
};

}  // namespace weft::fibers
