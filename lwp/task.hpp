// SPDX-License-Identifier: BSL-1.0
// The abstract task that lwp schedules: something that can be run and says, when it stops, how.
// A fiber is one; the tests use state machines. Nothing here knows of stacks.
//
// Parking is a one-permit protocol (as java.util.concurrent's LockSupport): `token` remembers one
// unpark that came before its park.
//
//             park finds it, goes on            unpark
//   notified ───────────────────────► empty ◄───────────── parked
//      ▲                               │ │                   ▲
//      └──────────── unpark ───────────┘ └─ settle commits ──┘
//
// INVARIANT: `parked` is written only when nobody runs on the task any more, so whoever turns
// parked into empty may run it at once. A park may return early: every caller loops.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lwp/atomic.hpp"

namespace weft::lwp {

struct Lwp;
class Scheduler;
class Task;

/// How a task left its LWP.
enum class How { done, yielded, parked };

/// Why a task becomes ready, as told to the policy.
enum class Why { created, woken, yielded, slice_used, preempted, returned };

struct Left {
  Task* who;
  How how;
};

/// What a parked task waits for, for the dump of all threads: a static string and the object. If
/// the string ends in "fd" or "fiber", `object` is that number.
struct Reason {
  const char* what;
  const void* object = nullptr;
};

class Task {
 public:
  static constexpr std::size_t kNameBytes = 24;
  /// kTimedPark is of engines without a dispatch loop: parked, but not only another task can end
  /// it (a deadline, a descriptor).
  enum Token : std::uint32_t { kEmpty, kParked, kNotified, kTimedPark };

  virtual ~Task() = default;

  /// Runs the task on the calling LWP, in core, until *some* task (this one, or another that it
  /// switched to directly) leaves it: says who and how.
  virtual Left run(Lwp& lwp) = 0;
  /// Called in core once a done task has left its LWP for good.
  virtual void recycle() {}

  std::uint64_t id() const { return id_.load(memory_order_relaxed); }
  /// Copies the name, cut to kNameBytes - 1, into `into`.
  std::string_view name(std::array<char, kNameBytes>& into) const;
  void set_identity(std::uint64_t id, std::string_view name);

  /// The policy's own bytes of this task. REQUIRES: T is trivial, 32 bytes at most.
  template <class T>
  T& data() {
    static_assert(sizeof(T) <= sizeof data_ && alignof(T) <= 16);
    return *reinterpret_cast<T*>(data_);
  }

  // ---- mechanism: everything below belongs to lwp and fibers, not to policies ----

  Scheduler* home = nullptr;            ///< set once, before the task is first made ready
  atomic<std::uint32_t> token{kEmpty};  ///< pairs with itself: park and unpark
  atomic<bool> leaving{false};  ///< queued while still on its stack; settle clears (see yield)
  /// The LWP a ready task must run on, because it sits on that LWP's own stack; else null.
  Lwp* bound = nullptr;
  atomic<bool> live{false};                   ///< for the dump: this block is in use
  atomic<const char*> waits_for{nullptr};     ///< Reason::what while parked
  atomic<const void*> waits_object{nullptr};  ///< Reason::object while parked
  atomic<const char*> in_call{nullptr};       ///< the blocking call it announced, for the dump
  atomic<bool> in_inbox{false};               ///< claims inbox_next; see Pool::inbox
  Task* inbox_next = nullptr;
  Task* all_next = nullptr;  ///< every task block ever made, for the dump; written once

 private:
  alignas(16) std::byte data_[32];
  atomic<std::uint64_t> id_{0};
  std::array<atomic<char>, kNameBytes> name_{};
};

inline void Task::set_identity(std::uint64_t id, std::string_view name) {
  id_.store(id, memory_order_relaxed);
  std::size_t n = name.size() < kNameBytes - 1 ? name.size() : kNameBytes - 1;
  for (std::size_t i = 0; i < n; ++i) name_[i].store(name[i], memory_order_relaxed);
  name_[n].store('\0', memory_order_relaxed);
}

inline std::string_view Task::name(std::array<char, kNameBytes>& into) const {
  std::size_t n = 0;
  for (; n < kNameBytes - 1; ++n) {
    into[n] = name_[n].load(memory_order_relaxed);
    if (into[n] == '\0') break;
  }
  return {into.data(), n};
}

}  // namespace weft::lwp
