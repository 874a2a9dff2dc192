// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "lwp/policy.hpp"

namespace weft::lwp {

/// Tasks in a row, linked through their policy's bytes: nothing is allocated, every operation but a
/// walk is O(1). `Data` is what the policy keeps in a task; it begins with the Link, and the list
/// is the only one that the task is in.
struct Link {
  Task* after;
  Task* before;
};

class TaskList {
 public:
  bool empty() const { return first_ == nullptr; }
  Task* first() const { return first_; }
  Task* last() const { return last_; }

  void push_back(Task& task) {
    task.data<Link>() = {nullptr, last_};
    (last_ == nullptr ? first_ : last_->data<Link>().after) = &task;
    last_ = &task;
  }

  void push_front(Task& task) {
    task.data<Link>() = {first_, nullptr};
    (first_ == nullptr ? last_ : first_->data<Link>().before) = &task;
    first_ = &task;
  }

  void remove(Task& task) {
    Link link = task.data<Link>();
    (link.before == nullptr ? first_ : link.before->data<Link>().after) = link.after;
    (link.after == nullptr ? last_ : link.after->data<Link>().before) = link.before;
  }

  Task* pop_front() {
    Task* task = first_;
    if (task == nullptr) return nullptr;
    first_ = task->data<Link>().after;
    (first_ == nullptr ? last_ : first_->data<Link>().before) = nullptr;
    return task;
  }

  Task* pop_back() {
    Task* task = last_;
    if (task == nullptr) return nullptr;
    last_ = task->data<Link>().before;
    (last_ == nullptr ? first_ : last_->data<Link>().after) = nullptr;
    return task;
  }

  /// Appends the whole of `other`, which is empty then.
  void append(TaskList& other) {
    if (other.empty()) return;
    (last_ == nullptr ? first_ : last_->data<Link>().after) = other.first_;
    other.first_->data<Link>().before = last_;
    last_ = other.last_;
    other = {};
  }

 private:
  Task* first_ = nullptr;
  Task* last_ = nullptr;
};

}  // namespace weft::lwp
