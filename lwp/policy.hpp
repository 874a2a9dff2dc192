// SPDX-License-Identifier: BSL-1.0
// A scheduling policy decides who runs next, and nothing else. It is sequential code: called with
// its lock held (in solo there is none), never from two LWPs at once. It never locks, sleeps,
// wakes or allocates; the mechanism never runs a task that next() did not return.
//
// One header is all that a policy needs, also one of your own (labs/policy/examples/fifo.cpp):
//
//   #include "lwp/policy.hpp"
//   class Mine final : public weft::lwp::Policy { … ready() … next() … };
//   WEFT_POLICY(Mine)
//
// Two functions make a policy. The others are optional, and one that a class does not define costs
// nothing: which it defines is read off its type (hooks_of), not asked at run time. So a switch
// under a policy without `stopped`, `changed` and `tick` reads no clock and keeps no accounts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "lwp/task.hpp"

namespace weft::lwp {

/// How many instances a runtime has: one that all permits share (the shared thread table), or one
/// for each permit, from which the others steal when theirs is empty.
enum class Scope { runtime, permit };

/// What a policy says of itself: `static constexpr Traits kTraits{…};` in its class.
struct Traits {
  Scope scope = Scope::runtime;
  bool clock = false;  ///< reads created, ready_since, cpu_used, slice_used or last_burst
  /// The promise against starvation: how often at most next() returns others while a task waits
  /// and at most `ready` tasks do. Null: none is made.
  std::uint64_t (*bound)(std::size_t ready) = nullptr;
  /// Only the simulator can run it: it must know what nobody knows beforehand.
  bool simulate_only = false;
};

class Policy {
 public:
  static constexpr Traits kTraits{};
  static constexpr Nanos kUntilItGivesUp = INT64_MAX;

  virtual ~Policy() = default;
  /// `task` can run. Called once for each time it becomes so.
  virtual void ready(Task& task, Why why) = 0;
  /// Takes the task to run next. Null only if none is ready: who holds a ready task back lets its
  /// LWP sleep.
  virtual Task* next() = 0;

  /// `task` ran for `ran` and has left its LWP; comes before its ready() if it has yielded.
  virtual void stopped(Task& /*task*/, How /*how*/, Nanos /*ran*/) {}
  /// The priority (also by donation), the tickets or the deadline of a task that is queued here
  /// have changed. Of others the next ready() tells. Donation is kept for who defines this.
  virtual void changed(Task& /*task*/) {}
  /// How long `task` may run before it has to yield. Acts with --preempt and in the simulator.
  virtual Nanos slice(Task& /*task*/) { return kUntilItGivesUp; }
  /// Whether `newcomer`, just ready, takes the LWP from `running`. Acts as slice().
  virtual bool preempts(Task& /*newcomer*/, Task& /*running*/) { return false; }
  /// The time, before each next().
  virtual void tick(Nanos /*now*/) {}
  /// Takes one task out of `from`, the policy of another permit and of the same class; it is then
  /// offered to this one by ready(…, Why::stolen). Both are locked.
  virtual Task* steal(Policy& from) { return from.next(); }
};

/// Which of the optional functions a policy defines.
struct Hooks {
  bool stopped = false, changed = false, slice = false, preempts = false, tick = false;
};

template <class P>
constexpr Hooks hooks_of() {
  return {.stopped = !std::is_same_v<decltype(&P::stopped), decltype(&Policy::stopped)>,
          .changed = !std::is_same_v<decltype(&P::changed), decltype(&Policy::changed)>,
          .slice = !std::is_same_v<decltype(&P::slice), decltype(&Policy::slice)>,
          .preempts = !std::is_same_v<decltype(&P::preempts), decltype(&Policy::preempts)>,
          .tick = !std::is_same_v<decltype(&P::tick), decltype(&Policy::tick)>};
}

/// A kind of policy: what it says of itself, and how to make one. One that draws lots does so from
/// `seed`; the same seed and the same calls give the same answers.
struct PolicyType {
  std::unique_ptr<Policy> (*make)(std::uint64_t seed) = nullptr;
  Traits traits;
  Hooks hooks;

  /// It hears of time, so the clock is read at each switch.
  constexpr bool clocked() const { return traits.clock || hooks.stopped || hooks.tick; }
};

template <class P>
constexpr PolicyType policy_type() {
  return {[](std::uint64_t seed) -> std::unique_ptr<Policy> {
            if constexpr (std::is_constructible_v<P, std::uint64_t>) {
              return std::make_unique<P>(seed);
            } else {
              return std::make_unique<P>();
            }
          },
          P::kTraits, hooks_of<P>()};
}

/// A policy from a file of its own (labs/policy): what the file exports. The program that loads it
/// compares `layout` with its own, because both must mean the same bytes by a Task.
struct PolicyExport {
  std::uint64_t layout;
  PolicyType type;
};
constexpr std::uint64_t policy_layout() {
  return sizeof(Task) << 24 | sizeof(PolicyType) << 12 | sizeof(Wishes) << 4 | alignof(Task) >> 3;
}

}  // namespace weft::lwp

/// Makes `Type` the policy of this file. Once, outside of every namespace.
#define WEFT_POLICY(Type)                                                                  \
  extern "C" [[gnu::visibility("default")]] const weft::lwp::PolicyExport* weft_policy() { \
    static constexpr weft::lwp::PolicyExport exported{weft::lwp::policy_layout(),          \
                                                      weft::lwp::policy_type<Type>()};     \
    return &exported;                                                                      \
  }
