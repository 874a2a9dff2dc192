// SPDX-License-Identifier: BSL-1.0
#include "lwp/core.hpp"

#include "lwp/dump.hpp"
#include "lwp/note.hpp"
#include "lwp/pool.hpp"

namespace weft::lwp {

void Core::no_task() {
  broken("a plain kernel thread called what only a fiber may call");
}

void unpark(Lwp& l, Task& task) {
  note("wakes", task);
  sanitizer::release(&task);
  if (l.direct && l.scheduler == task.home) {
    static_cast<Pool*>(l.scheduler)->unpark_here(l, task);
  } else {
    task.home->unpark(task);
  }
}

Outcome await(Core& core, Waiter& w, Reason why, os::Nanos deadline) {
  Scheduler& s = *core.lwp().scheduler;
  if (deadline == os::kNever) {
    while (w.waiting()) s.park(core, why);
  } else {
    s.park_until(core, w, why, deadline);
  }
  return w.outcome.load(memory_order_acquire);
}

}  // namespace weft::lwp
