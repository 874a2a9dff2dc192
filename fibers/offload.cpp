// SPDX-License-Identifier: BSL-1.0
#include "fibers/offload.hpp"

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <system_error>

#include "lwp/opaque.hpp"
#include "lwp/sanitizer.hpp"

namespace weft::fibers {

namespace os = lwp::os;

namespace {
constexpr os::Nanos kRest = 2 * os::kSecond;  // after this an unused helper ends

// Opaque: the fiber may go on on another kernel thread, and the compiler would remember the address
// of the first one's errno.
WEFT_OPAQUE WEFT_NO_TSAN void set_errno(int error) {
  errno = error;
  lwp::compiler_fence();
}
}  // namespace

OffloadPool::OffloadPool(int most_threads) : most_(most_threads) {}

OffloadPool::~OffloadPool() {
  {
    std::lock_guard lock(lock_);
    stopping_ = true;
  }
  rung_.fetch_add(1);
  os::futex_wake(rung_, most_);
  helpers_.clear();  // joins
}

void OffloadPool::run(Job& job, const char* what) {
  lwp::Task* self;
  lwp::Scheduler* scheduler;
  {
    lwp::Core core;
    self = &core.task();
    scheduler = core.lwp().scheduler;
  }
  lwp::Waiter waiter(*self);
  job.waiter = &waiter;
  {
    lwp::Outside hope(*scheduler);
    if (submit(job)) {
      lwp::Core core;
      lwp::await(core, waiter, {what});
      lwp::sanitizer::acquire(&job);
    } else {
      job.run(job);
      job.error_number = errno;
    }
  }
  set_errno(job.error_number);
}

// False if there is no thread for it.
bool OffloadPool::submit(Job& job) {
  std::vector<std::unique_ptr<Helper>> old;  // joined without the lock
  {
    std::lock_guard lock(lock_);
    for (auto& helper : helpers_) {
      if (helper->ended) old.push_back(std::move(helper));
    }
    std::erase(helpers_, nullptr);  // who rests takes no place of who works
    if (queued_ >= idle_ && helpers_.size() < static_cast<std::size_t>(most_)) {
      try {
        helpers_.push_back(std::make_unique<Helper>());
        Helper& fresh = *helpers_.back();
        fresh.thread = os::Thread("weft-helper", [this, &fresh] { work(fresh); });
      } catch (const std::system_error&) {
        helpers_.pop_back();
        if (helpers_.empty()) return false;
      }
    }
    job.next = nullptr;
    (last_ == nullptr ? first_ : last_->next) = &job;
    last_ = &job;
    ++queued_;
  }
  rung_.fetch_add(1);
  os::futex_wake(rung_, 1);
  return true;
}

void OffloadPool::work(Helper& self) {
  os::Nanos until = os::now() + kRest;
  while (true) {
    std::uint32_t rung = rung_.load();
    Job* job;
    {
      std::lock_guard lock(lock_);
      job = first_;
      if (job != nullptr) {
        first_ = job->next;
        if (first_ == nullptr) last_ = nullptr;
        --queued_;
      } else if (stopping_ || os::now() >= until) {
        self.ended = true;
        return;
      } else {
        ++idle_;
      }
    }
    if (job == nullptr) {
      os::futex_wait(rung_, rung, until);
      std::lock_guard lock(lock_);
      --idle_;
      continue;
    }
    errno = 0;
    job->run(*job);
    job->error_number = errno;
    {
      lwp::Core core;
      lwp::Task& task = *job->waiter->task;
      lwp::sanitizer::release(job);
      job->waiter->claim(lwp::Outcome::signaled);  // now the job and its fiber may be gone
      lwp::unpark(core.lwp(), task);
    }
    until = os::now() + kRest;
  }
}

}  // namespace weft::fibers
