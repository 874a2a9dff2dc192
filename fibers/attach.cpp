// SPDX-License-Identifier: BSL-1.0
#include "fibers/attach.hpp"

#include <mutex>

#include "fibers/attached_threads.hpp"
#include "lwp/dump.hpp"

namespace weft::fibers {

AttachedTask& AttachedThreads::take(std::string_view name) {
  AttachedTask* task = nullptr;
  {
    std::lock_guard lock(lock_);
    for (auto& each : tasks_) {
      if (!each->in_use) task = each.get();
    }
    if (task == nullptr) {
      tasks_.push_back(std::make_unique<AttachedTask>());
      task = tasks_.back().get();
      task->home = this;
      task->engine = &engine_;
      engine_.scheduler().enlist(*task);
    }
    task->in_use = true;
  }
  inside_.fetch_add(1);
  task->token.store(lwp::Task::kEmpty);
  task->set_identity(engine_.scheduler().next_id(*lwp::current()), name);
  task->lwp.scheduler = this;
  task->lwp.engine = &engine_;
  task->lwp.running.store(task);
  return *task;
}

void AttachedThreads::give_back(AttachedTask& task) {
  std::lock_guard lock(lock_);
  task.in_use = false;
}

Attached::Attached(Runtime& runtime, std::string_view name) : engine_(runtime.engine()) {
  if (lwp::current()->scheduler != nullptr) {
    lwp::broken("a fiber, or a thread that is attached already, is attached to a runtime");
  }
  engine_.attach();
  task_ = &engine_.attached().take(name);
  lwp::adopt(&task_->lwp);
  lwp::trace::open(task_->lwp, &engine_.scheduler());
  lwp::trace::created(task_->lwp, *task_);
  lwp::trace::runs(task_->lwp, *task_);
  task_->live.store(true, lwp::memory_order_release);
}

Attached::~Attached() {
  task_->destroy_locals();
  task_->live.store(false, lwp::memory_order_relaxed);
  lwp::trace::ends(task_->lwp, *task_);
  lwp::trace::close(task_->lwp);
  lwp::adopt(nullptr);
  AttachedThreads& threads = engine_.attached();
  threads.give_back(*task_);
  engine_.detach();
  threads.left();
}

}  // namespace weft::fibers
