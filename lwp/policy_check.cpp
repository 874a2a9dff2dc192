// SPDX-License-Identifier: BSL-1.0
#include "lwp/policy_check.hpp"

#include <cstdlib>
#include <utility>

#include "lwp/dump.hpp"
#include "lwp/note.hpp"

namespace weft::lwp {
namespace {

// Marks in Task::Check::since of a task that no policy holds.
constexpr std::uint64_t kReturned = ~std::uint64_t{0};

atomic<std::uint64_t (*)()> allocations{nullptr};
atomic<bool> always{false};

std::uint64_t allocated() {
  auto* counter = allocations.load(memory_order_relaxed);
  return counter == nullptr ? 0 : counter();
}

constexpr std::string_view kWhys[] = {"created",   "woken",    "yielded", "slice used",
                                      "preempted", "returned", "stolen"};
constexpr std::string_view kHows[] = {"done", "yielded", "parked"};

void print_and_abort(const PolicyFault& fault, CheckedPolicy& policy, void*) {
  run_fails(name(fault.rule));
  Line line;
  line.text("weft: the policy broke the rule \"").text(name(fault.rule)).text("\"");
  if (fault.task != nullptr) {
    std::array<char, Task::kNameBytes> name;
    line.text(": task ").number(fault.task->id()).text(" ").text(fault.task->name(name));
  }
  if (fault.passed_over > 0) line.text(", passed over ").number(fault.passed_over).text(" times");
  line.end(os::kStandardError);
  line.text("its last calls:").end(os::kStandardError);
  for (std::size_t i = 0; i < CheckedPolicy::kRemembered; ++i) {
    if (policy.call(i).kind == PolicyCall::none) continue;
    line.text("  ");
    policy.call(i).write(line);
    line.end(os::kStandardError);
  }
  broken("a scheduling policy broke a rule");
}

}  // namespace

std::string_view name(Rule rule) {
  switch (rule) {
    case Rule::returned_twice:
      return "a task is returned once for each time it is ready";
    case Rule::not_ready:
      return "only ready tasks are returned";
    case Rule::lost:
      return "no ready task is lost";
    case Rule::starved:
      return "no task waits longer than the policy's bound";
    case Rule::allocates:
      return "a policy does not allocate";
  }
  return "?";
}

void PolicyCall::write(Line& line) const {
  auto who = [&] {
    if (task == 0) {
      line.text("nothing");
    } else {
      line.number(task);
      if (name[0] != '\0') line.text(" ").text(name.data());
    }
  };
  switch (kind) {
    case none:
      return;
    case ready:
      line.text("ready(");
      who();
      line.text(", ").text(kWhys[detail]).text(")");
      return;
    case next:
      line.text("next() -> ");
      who();
      return;
    case stopped:
      line.text("stopped(");
      who();
      line.text(", ").text(kHows[detail]).text(")");
      return;
    case changed:
      line.text("changed(");
      who();
      line.text(")");
      return;
    case tick:
      line.text("tick()");
      return;
    case steal:
      line.text("steal() -> ");
      who();
      return;
  }
}

void always_check_policies() {
  always.store(true);
}

bool wants_checks() {
  if (always.load()) return true;
  const char* asked = std::getenv("WEFT_CHECK_POLICY");
  if (asked != nullptr && *asked != '\0') return std::string_view(asked) != "0";
#ifdef WEFT_DEBUG
  return true;
#else
  return false;
#endif
}

void count_allocations_by(std::uint64_t (*counter)()) {
  allocations.store(counter, memory_order_relaxed);
}

void CheckedPolicy::note(PolicyCall::Kind kind, std::uint8_t detail, const Task* task) {
  PolicyCall& call = calls_[calls_made_++ % kRemembered];
  call.kind = kind;
  call.detail = detail;
  call.task = task == nullptr ? 0 : task->id();
  call.name[0] = '\0';
  if (task != nullptr) task->name(call.name);
  if (is_told()) {
    Line line;
    call.write(line);
    lwp::note("policy:", nullptr, line.view());
  }
}

void CheckedPolicy::fault(Rule rule, const Task* task, std::uint64_t passed_over) {
  (on_fault == nullptr ? print_and_abort : on_fault)({rule, task, passed_over}, *this, context);
}

template <class F>
decltype(auto) CheckedPolicy::without_allocating(const Task* task, F&& call) {
  struct Watch {
    CheckedPolicy& self;
    const Task* task;
    const std::uint64_t before = allocated();
    ~Watch() {
      if (allocated() != before) self.fault(Rule::allocates, task);
    }
  } watch{*this, task};
  return call();
}

void CheckedPolicy::ready(Task& task, Why why) {
  note(PolicyCall::ready, static_cast<std::uint8_t>(why), &task);
  if (task.check.holder != nullptr) broken("a task that is ready was made ready again");
  task.check = {this, nullptr, newest_, answers_};
  (newest_ == nullptr ? oldest_ : newest_->check.after) = &task;
  newest_ = &task;
  most_ = count_ == 0 ? 1 : most_ > count_ ? most_ : count_ + 1;
  ++count_;
  without_allocating(&task, [&] { inner_->ready(task, why); });
}

// REQUIRES that `holder` holds it.
void CheckedPolicy::take_out(Task& task, CheckedPolicy& holder) {
  auto& c = task.check;
  (c.before == nullptr ? holder.oldest_ : c.before->check.after) = c.after;
  (c.after == nullptr ? holder.newest_ : c.after->check.before) = c.before;
  c = {nullptr, nullptr, nullptr, kReturned};
  --holder.count_;
}

Task* CheckedPolicy::next() {
  Task* task = without_allocating(nullptr, [&] { return inner_->next(); });
  note(PolicyCall::next, 0, task);
  if (task == nullptr) {
    if (count_ > 0) fault(Rule::lost, oldest_);
    return nullptr;
  }
  if (task->check.holder != this) {
    fault(task->check.since == kReturned ? Rule::returned_twice : Rule::not_ready, task);
    return task;
  }
  take_out(*task, *this);
  ++answers_;
  if (oldest_ != nullptr && type_.traits.bound != nullptr) {
    const std::uint64_t passed = answers_ - oldest_->check.since;
    if (passed > type_.traits.bound(most_)) fault(Rule::starved, oldest_, passed);
  }
  return task;
}

void CheckedPolicy::stopped(Task& task, How how, Nanos ran) {
  note(PolicyCall::stopped, static_cast<std::uint8_t>(how), &task);
  without_allocating(&task, [&] { inner_->stopped(task, how, ran); });
}

void CheckedPolicy::changed(Task& task) {
  note(PolicyCall::changed, 0, &task);
  without_allocating(&task, [&] { inner_->changed(task); });
}

void CheckedPolicy::tick(Nanos now) {
  without_allocating(nullptr, [&] { inner_->tick(now); });
}

Task* CheckedPolicy::steal(Policy& from) {
  auto& victim = static_cast<CheckedPolicy&>(from);
  Task* task = without_allocating(nullptr, [&] { return inner_->steal(*victim.inner_); });
  note(PolicyCall::steal, 0, task);
  if (task == nullptr) return nullptr;
  if (task->check.holder != &victim) {
    fault(task->check.since == kReturned ? Rule::returned_twice : Rule::not_ready, task);
    return task;
  }
  take_out(*task, victim);
  return task;
}

}  // namespace weft::lwp
