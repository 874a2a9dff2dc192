// SPDX-License-Identifier: BSL-1.0
// What fibers tell the policy while they run.
#include "fibers/fiber.hpp"
#include "lwp/donation.hpp"

namespace weft::fibers {
namespace {

template <class F>
void change(lwp::Core& core, lwp::Task& task, F&& set) {
  set(task);
  lwp::Lwp& l = core.lwp();
  if (l.scheduler == task.home && task.home != nullptr) l.scheduler->changed(l, task);
}

}  // namespace

void set_priority(Fiber& fiber, int priority) {
  lwp::Core core;
  lwp::Donation::set_priority(core.lwp(), fiber.block(), priority);
}
void set_priority(int priority) {
  lwp::Core core;
  lwp::Donation::set_priority(core.lwp(), core.task(), priority);
}

void set_tickets(Fiber& fiber, unsigned tickets) {
  lwp::Core core;
  change(core, fiber.block(), [=](lwp::Task& t) { t.set_tickets(tickets); });
}
void set_tickets(unsigned tickets) {
  lwp::Core core;
  change(core, core.task(), [=](lwp::Task& t) { t.set_tickets(tickets); });
}

void set_deadline(Fiber& fiber, os::Nanos deadline) {
  lwp::Core core;
  change(core, fiber.block(), [=](lwp::Task& t) { t.set_deadline(deadline); });
}
void set_deadline(os::Nanos deadline) {
  lwp::Core core;
  change(core, core.task(), [=](lwp::Task& t) { t.set_deadline(deadline); });
}

int this_priority() {
  lwp::Core core;
  return core.task().priority();
}

}  // namespace weft::fibers
