// SPDX-License-Identifier: BSL-1.0
// A scheduling policy decides who runs next, and nothing else. It is sequential code: called with
// its lock held (in solo there is none), never from two LWPs at once. It never locks, sleeps,
// wakes or allocates; the mechanism never runs a task that next() did not return.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lwp/task.hpp"

namespace weft::lwp {

class Policy {
 public:
  virtual ~Policy() = default;
  /// `task` can run. Called once for each time it becomes so.
  virtual void ready(Task& task, Why why) = 0;
  /// Takes the task to run next, or null if none is ready.
  virtual Task* next() = 0;
};

/// Names of the policies there are.
std::vector<std::string> policy_names();
/// Makes one by name; null if there is none of that name.
std::unique_ptr<Policy> make_policy(std::string_view name);

}  // namespace weft::lwp
