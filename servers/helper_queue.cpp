// SPDX-License-Identifier: BSL-1.0
#include "servers/helper_queue.hpp"

#include <mutex>

namespace weft::servers {

HelperQueue::HelperQueue(Disk& disk) : disk_(disk) {
  for (int i = 0; i < kHelpers; ++i) {
    helpers_.emplace_back("disk helper", [this] { help(); });
  }
}

HelperQueue::~HelperQueue() {
  ending_.store(true, lwp::memory_order_release);
  submitted_.fetch_add(1, lwp::memory_order_release);
  os::futex_wake(submitted_, kHelpers);
  for (auto& h : helpers_) h.join();
}

void HelperQueue::submit(const DiskWork& work, void* tag) {
  {
    std::lock_guard lock(lock_);
    waiting_.push({work, tag});
  }
  // Pairs with help(): it reads the count before it looks at the queue, so either it finds the
  // work or the count has changed and it does not sleep.
  submitted_.fetch_add(1, lwp::memory_order_release);
  os::futex_wake(submitted_, 1);
}

std::size_t HelperQueue::take(std::span<Completion> into) {
  bell_.clear();
  std::lock_guard lock(lock_);
  std::size_t n = 0;
  while (n < into.size() && !done_.empty()) into[n++] = done_.pop();
  if (!done_.empty()) bell_.ring();
  return n;
}

void HelperQueue::help() {
  while (true) {
    auto seen = submitted_.load(lwp::memory_order_acquire);
    Job job;
    bool found = false;
    {
      std::lock_guard lock(lock_);
      if ((found = !waiting_.empty())) job = waiting_.pop();
    }
    if (found) {
      Completion completion{job.tag, disk_.perform(job.work)};
      {
        std::lock_guard lock(lock_);
        done_.push(std::move(completion));
      }
      bell_.ring();
    } else if (ending_.load(lwp::memory_order_acquire)) {
      return;
    } else {
      os::futex_wait(submitted_, seen);
    }
  }
}

}  // namespace weft::servers
