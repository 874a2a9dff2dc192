// SPDX-License-Identifier: BSL-1.0
#include "lwp/scheduler.hpp"

#include "lwp/arch.hpp"

namespace weft::lwp {
namespace {

thread_local Lwp* own = nullptr;

Lwp* outsider() {
  thread_local Lwp none;
  return &none;
}

}  // namespace

Lwp* current() {
  return own != nullptr ? own : outsider();
}

void adopt(Lwp* lwp) {
  own = lwp;
  if (lwp == nullptr) return;
  arch::prepare_floating_point();
  lwp->thread_id.store(os::thread_id(), memory_order_relaxed);
}

void Scheduler::enlist(Task& task) {
  Task* head = all_.load(memory_order_relaxed);
  do task.all_next = head;
  while (!all_.compare_exchange_weak(head, &task, memory_order_release, memory_order_relaxed));
}

}  // namespace weft::lwp
