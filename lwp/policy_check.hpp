// SPDX-License-Identifier: BSL-1.0
// A policy under supervision. The pool wraps every policy in one of these in debug builds and under
// WEFT_CHECK_POLICY=1 (=0 turns it off); `weft … --policy FILE.cpp` also does before it trusts a
// new policy with a program (labs/policy/rules.hpp).
//
// The supervisor keeps its own list of what is ready, in the order of arrival, linked through the
// tasks; like every policy it is called under the queue's lock and allocates nothing.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "lwp/line.hpp"
#include "lwp/policy.hpp"

namespace weft::lwp {

/// What a policy must not do.
enum class Rule {
  returned_twice,  ///< next() returned a task again, which has not become ready since
  not_ready,       ///< next() returned a task that was never made ready
  lost,            ///< next() returned nothing, and a task is ready
  starved,         ///< next() passed over a ready task more often than Traits::bound allows
  allocates,       ///< memory was allocated inside a call
};
std::string_view name(Rule rule);

/// One call of a policy.
struct PolicyCall {
  enum Kind : std::uint8_t { none, ready, next, stopped, changed, tick, steal } kind = none;
  std::uint8_t detail = 0;  ///< Why or How
  std::uint64_t task = 0;   ///< its number; 0 for no task
  std::array<char, Task::kNameBytes> name{};
  /// "ready(3 reader, woken)", "next() -> 3 reader".
  void write(Line& line) const;
};

struct PolicyFault {
  Rule rule;
  const Task* task;           ///< the one that it is about, or null
  std::uint64_t passed_over;  ///< how often, if it starved
};

class CheckedPolicy final : public Policy {
 public:
  static constexpr std::size_t kRemembered = 12;

  CheckedPolicy(std::unique_ptr<Policy> policy, const PolicyType& type)
      : inner_(std::move(policy)), type_(type) {}

  void ready(Task& task, Why why) override;
  Task* next() override;
  void stopped(Task& task, How how, Nanos ran) override;
  void changed(Task& task) override;
  Nanos slice(Task& task) override { return inner_->slice(task); }
  bool preempts(Task& a, Task& b) override { return inner_->preempts(a, b); }
  void tick(Nanos now) override;
  Task* steal(Policy& from) override;

  /// Who hears of a fault; by default it is printed with the last calls, and the program aborts.
  void (*on_fault)(const PolicyFault& fault, CheckedPolicy& policy, void* context) = nullptr;
  void* context = nullptr;

  /// The `i`-th of the last calls, the oldest first; none where there were fewer.
  const PolicyCall& call(std::size_t i) const { return calls_[(calls_made_ + i) % kRemembered]; }

 private:
  template <class F>
  decltype(auto) without_allocating(const Task* task, F&& call);
  void note(PolicyCall::Kind kind, std::uint8_t detail, const Task* task);
  void fault(Rule rule, const Task* task, std::uint64_t passed_over = 0);
  void take_out(Task& task, CheckedPolicy& holder);

  const std::unique_ptr<Policy> inner_;
  const PolicyType type_;
  Task* oldest_ = nullptr;
  Task* newest_ = nullptr;
  std::size_t count_ = 0;      // ready tasks
  std::size_t most_ = 0;       // the most there were since there was none
  std::uint64_t answers_ = 0;  // of next()
  std::array<PolicyCall, kRemembered> calls_{};
  std::size_t calls_made_ = 0;
};

/// Whether pools check their policies.
bool wants_checks();
/// From now on, whatever the environment says.
void always_check_policies();
/// Tells how often the calling thread has allocated; set by a program whose operator new counts.
/// Without one, allocations go unseen.
void count_allocations_by(std::uint64_t (*counter)());

}  // namespace weft::lwp
