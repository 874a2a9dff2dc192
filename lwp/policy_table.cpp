// SPDX-License-Identifier: BSL-1.0
#include "lwp/policy_table.hpp"

#include <mutex>

#include "lwp/lock.hpp"
#include "lwp/policies/earliest_deadline.hpp"
#include "lwp/policies/feedback.hpp"
#include "lwp/policies/fifo.hpp"
#include "lwp/policies/lottery.hpp"
#include "lwp/policies/newest_first.hpp"
#include "lwp/policies/priority.hpp"
#include "lwp/policies/random.hpp"
#include "lwp/policies/shortest_job.hpp"
#include "lwp/policies/stride.hpp"
#include "lwp/policies/work_stealing.hpp"

namespace weft::lwp {
namespace {

struct Named {
  std::string_view name;
  PolicyType type;
};
constexpr Named kPolicies[] = {
    {"fifo", policy_type<Fifo>()},
    {"work-stealing", policy_type<WorkStealing>()},
    {"priority", policy_type<Priority>()},
    {"mlfq", policy_type<Feedback>()},
    {"lottery", policy_type<Lottery>()},
    {"stride", policy_type<Stride>()},
    {"edf", policy_type<EarliestDeadline>()},
    {"sjf", policy_type<ShortestJob>()},
    {"newest-first", policy_type<NewestFirst>()},
    {"random", policy_type<RandomOrder>()},
};

struct Added {
  std::string name;
  PolicyType type;
};
struct Table {
  Lock lock;  // never taken in core
  std::vector<Added> added;
};
Table& table() {
  static Table t;
  return t;
}

}  // namespace

std::vector<std::string> policy_names() {
  std::vector<std::string> names;
  for (const auto& p : kPolicies) names.emplace_back(p.name);
  return names;
}

std::optional<PolicyType> policy_named(std::string_view name) {
  for (const auto& p : kPolicies) {
    if (p.name == name) return p.type;
  }
  std::lock_guard lock(table().lock);
  for (const auto& p : table().added) {
    if (p.name == name) return p.type;
  }
  return std::nullopt;
}

void add_policy(std::string name, const PolicyType& type) {
  std::lock_guard lock(table().lock);
  auto& added = table().added;
  std::erase_if(added, [&](const Added& p) { return p.name == name; });
  added.push_back({std::move(name), type});
}

std::optional<std::string> refuse_policy(std::string_view name) {
  auto type = policy_named(name);
  if (!type) {
    std::string all;
    for (const auto& p : policy_names()) all += (all.empty() ? "" : ", ") + p;
    return "there is no policy \"" + std::string(name) + "\"; there are: " + all;
  }
  if (type->traits.simulate_only) {
    return "policy " + std::string(name) +
           " is for the simulator only: it must know how long each burst will be, and makes long "
           "ones wait for ever. Take mlfq, which learns it";
  }
  return std::nullopt;
}

std::optional<std::string> policy_notice(std::string_view name) {
  auto type = policy_named(name);
  if (!type || (!type->hooks.slice && !type->hooks.preempts)) return std::nullopt;
  return "policy " + std::string(name) + " has " +
         (type->hooks.slice ? "time slices" : "preemption") +
         ", which acts with --preempt: without, a fiber keeps its LWP until it waits or yields";
}

}  // namespace weft::lwp
