// SPDX-License-Identifier: BSL-1.0
#include "lwp/scheduler.hpp"

#include "lwp/arch.hpp"
#include "lwp/sanitizer.hpp"

extern "C" {
[[gnu::used]] thread_local constinit weft::lwp::Lwp* weft_own_lwp = nullptr;
}

namespace weft::lwp {
namespace {

WEFT_NO_TSAN void set_own(Lwp* lwp) {
  weft_own_lwp = lwp;
  compiler_fence();  // own_lwp() reads it without the compiler's knowledge
}

}  // namespace

WEFT_NO_TSAN Lwp* outsider() {
  thread_local Lwp none;
  return &none;
}

void adopt(Lwp* lwp) {
  set_own(lwp);
  if (lwp == nullptr) return;
  arch::prepare_floating_point();
  lwp->thread_id.store(os::thread_id(), memory_order_relaxed);
}

std::uint32_t next_runtime() {
  static atomic<std::uint32_t> last{0};
  return last.fetch_add(1, memory_order_relaxed) + 1;
}

Scheduler::Scheduler() : traced_as(next_runtime()) {}

void Scheduler::enlist(Task& task) {
  Task* head = all_.load(memory_order_relaxed);
  do task.all_next = head;
  while (!all_.compare_exchange_weak(head, &task, memory_order_release, memory_order_relaxed));
}

}  // namespace weft::lwp
