// SPDX-License-Identifier: BSL-1.0
#include "fibers/boost_engine/policy_queue.hpp"

namespace weft::fibers {

void LwpAlgorithm::awakened(Context* context, TaskOfContext& properties) noexcept {
  if (properties.task == nullptr) {
    own_.push_back(*context);
    return;
  }
  BoostTask& task = *properties.task;
  context->detach();
  if (task.leaving.load(lwp::memory_order_relaxed)) {
    task.leaving.store(false, lwp::memory_order_release);  // now others may take it
    return;
  }
  const auto why =
      std::exchange(task.context, context) == context ? lwp::Why::woken : lwp::Why::created;
  LwpAlgorithm* sleeper = nullptr;
  {
    std::lock_guard lock(shared_.lock);
    shared_.offer(turn_, task, why);
    shared_.add(1);
    if (!shared_.asleep.empty()) {
      sleeper = shared_.asleep.back();
      shared_.asleep.pop_back();
    }
  }
  if (sleeper != nullptr) sleeper->notify();
}

bool LwpAlgorithm::give_way(BoostTask& self) {
  self.leaving.store(true, lwp::memory_order_relaxed);
  std::lock_guard lock(shared_.lock);
  shared_.offer(turn_, self, lwp::Why::yielded);
  if (--until_own_ == 0) {
    until_own_ = kOwnEvery;
    if (!own_.empty()) {
      own_next_ = true;
      how_ = lwp::How::yielded;
      shared_.add(1);
      return true;
    }
  }
  chosen_ = static_cast<BoostTask*>(shared_.take(turn_, lwp::How::yielded));
  if (chosen_ == nullptr) shared_.add(1);  // a broken policy
  if (chosen_ != &self) return true;
  chosen_ = nullptr;
  self.leaving.store(false, lwp::memory_order_relaxed);
  return false;
}

boost::fibers::context* LwpAlgorithm::pick_next() noexcept {
  if (std::exchange(own_next_, false)) return pick_own();
  BoostTask* task = std::exchange(chosen_, nullptr);
  if (task == nullptr && --until_own_ == 0) {
    until_own_ = kOwnEvery;
    if (Context* own = pick_own()) return own;
  }
  if (task == nullptr) task = take();
  if (task == nullptr) return pick_own();
  while (task->leaving.load(lwp::memory_order_acquire)) os::yield_cpu();
  Context::active()->attach(task->context);
  return task->context;
}

BoostTask* LwpAlgorithm::take() {
  std::lock_guard lock(shared_.lock);
  auto* task = static_cast<BoostTask*>(shared_.take(turn_, how_));
  how_ = lwp::How::parked;
  if (task != nullptr) shared_.add(-1);
  return task;
}

boost::fibers::context* LwpAlgorithm::pick_own() {
  if (own_.empty()) return nullptr;
  Context* context = &own_.front();
  own_.pop_front();
  return context;
}

void LwpAlgorithm::suspend_until(std::chrono::steady_clock::time_point const& until) noexcept {
  {
    std::lock_guard lock(shared_.lock);
    if (shared_.size.load(lwp::memory_order_relaxed) > 0) return;
    shared_.asleep.push_back(this);
  }
  os::Nanos deadline = until.time_since_epoch().count();
  if (notified_.load() == 0) os::futex_wait(notified_, 0, deadline);
  notified_.store(0);  // whoever notified has published before: what woke us is looked for next
  std::lock_guard lock(shared_.lock);
  std::erase(shared_.asleep, this);
}

}  // namespace weft::fibers
