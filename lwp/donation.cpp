// SPDX-License-Identifier: BSL-1.0
#include "lwp/donation.hpp"

#include <algorithm>

namespace weft::lwp {

struct Donation::Locked {
  explicit Locked(Lwp& l) : lock(l.solo ? nullptr : &l.scheduler->donations) {
    if (lock != nullptr) lock->lock();
  }
  ~Locked() {
    if (lock != nullptr) lock->unlock();
  }
  Lock* const lock;
};

Donation::Donation(Core& core, Task& donor, Task& owner, const void* object)
    : core_(core), donor_(donor), object_(object) {
  Lwp& l = core.lwp();
  if (l.scheduler == nullptr || !l.scheduler->donates()) return;
  if (donor.home != l.scheduler || owner.home != l.scheduler) return;
  Locked locked(l);
  donor.gives.store(this, memory_order_relaxed);
  link(owner);
  refresh(l, &owner);
}

Donation::~Donation() {
  if (donor_.gives.load(memory_order_relaxed) == nullptr) return;  // it gave nothing, or owns it
  Lwp& l = core_.lwp();
  Locked locked(l);
  if (donor_.gives.load(memory_order_relaxed) != this) return;
  donor_.gives.store(nullptr, memory_order_relaxed);
  Task* owner = owner_;
  unlink();
  refresh(l, owner);
}

void Donation::pass_on(Lwp& l, Task& from, Task& heir, const void* object) {
  if (l.scheduler == nullptr || !l.scheduler->donates() || from.home != l.scheduler) return;
  Locked locked(l);
  Donation* next = nullptr;
  for (Donation* d = from.receives.load(memory_order_relaxed); d != nullptr; d = next) {
    next = d->next_;
    if (d->object_ != object) continue;
    d->unlink();
    if (heir.home == from.home && &d->donor_ != &heir) {
      d->link(heir);
    } else {
      d->donor_.gives.store(nullptr, memory_order_relaxed);
    }
  }
  refresh(l, &from);
  if (heir.home == from.home) refresh(l, &heir);
}

void Donation::set_priority(Lwp& l, Task& task, int priority) {
  priority = std::clamp(priority, 0, Task::kPriorities - 1);
  if (l.scheduler == nullptr || task.home != l.scheduler || !l.scheduler->donates()) {
    task.base_priority_.store(priority, memory_order_relaxed);
    task.priority_.store(priority, memory_order_relaxed);
    return;
  }
  Locked locked(l);
  task.base_priority_.store(priority, memory_order_relaxed);
  refresh(l, &task);
}

void Donation::link(Task& owner) {
  owner_ = &owner;
  next_ = owner.receives.load(memory_order_relaxed);
  owner.receives.store(this, memory_order_relaxed);
}

void Donation::unlink() {
  Donation* before = owner_->receives.load(memory_order_relaxed);
  if (before == this) {
    owner_->receives.store(next_, memory_order_relaxed);
  } else {
    while (before->next_ != this) before = before->next_;
    before->next_ = next_;
  }
  owner_ = nullptr;
}

void Donation::refresh(Lwp& l, Task* task) {
  while (task != nullptr) {
    int priority = task->base_priority();
    Donation* d = task->receives.load(memory_order_relaxed);
    for (; d != nullptr; d = d->next_) {
      priority = std::max(priority, d->donor_.priority());
    }
    if (priority == task->priority()) return;
    task->priority_.store(priority, memory_order_relaxed);
    l.scheduler->changed(l, *task);
    Donation* onward = task->gives.load(memory_order_relaxed);
    task = onward == nullptr ? nullptr : onward->owner_;
  }
}

}  // namespace weft::lwp
