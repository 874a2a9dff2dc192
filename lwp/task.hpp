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
struct RunQueue;
class Donation;
class Scheduler;
class Task;

using Nanos = std::int64_t;  ///< as os::Nanos, which a policy need not include
inline constexpr Nanos kNoDeadline = INT64_MAX;

/// How a task left its LWP.
enum class How { done, yielded, parked };

/// Why a task becomes ready, as told to the policy.
/// returned: its LWP comes back from a long call. stolen: it comes from another permit's policy.
enum class Why { created, woken, yielded, slice_used, preempted, returned, stolen };

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

/// What a person says of a task for the policy's use. Each policy looks at its own part of it.
struct Wishes {
  int priority = 32;             ///< 0 (may wait) to 63 (urgent)
  unsigned tickets = 100;        ///< its share beside others: 1 to 65535
  Nanos deadline = kNoDeadline;  ///< by the monotonic clock; says who is first, cancels nothing
  Nanos period = 0;              ///< of a task that works at regular times, else 0
};

class Task {
 public:
  static constexpr int kPriorities = 64;
  static constexpr unsigned kMostTickets = 65535;
  static constexpr std::size_t kNameBytes = 24;
  /// kTimedPark is of engines without a dispatch loop: parked, but not only another task can end
  /// it (a deadline, a descriptor). kNewborn: made by a thread outside core, waits in the inbox.
  enum Token : std::uint32_t { kEmpty, kParked, kNotified, kTimedPark, kNewborn };

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

  // ---- what a policy may read besides; it writes nothing but data() ----

  /// After donation: at least that of every task that waits for an object this one owns.
  int priority() const { return priority_.load(memory_order_relaxed); }
  int base_priority() const { return base_priority_.load(memory_order_relaxed); }
  unsigned tickets() const { return tickets_.load(memory_order_relaxed); }
  Nanos deadline() const { return deadline_.load(memory_order_relaxed); }
  Nanos period() const { return period_.load(memory_order_relaxed); }
  // Kept only for a policy that needs a clock (Traits::clock); else 0.
  Nanos created() const { return clock_.created.load(memory_order_relaxed); }
  Nanos ready_since() const { return clock_.ready_since.load(memory_order_relaxed); }
  Nanos cpu_used() const { return clock_.cpu_used.load(memory_order_relaxed); }
  /// CPU time since it last waited, or ended a time slice; a yield does not end one.
  Nanos slice_used() const { return clock_.slice_used.load(memory_order_relaxed); }
  /// CPU time between its last two waits.
  Nanos last_burst() const { return clock_.last_burst.load(memory_order_relaxed); }
  /// What is left of its burst, which only the simulator knows; else 0.
  Nanos next_burst() const { return clock_.next_burst.load(memory_order_relaxed); }

  /// The policy's own bytes of this task. REQUIRES: T is trivial, 32 bytes at most.
  template <class T>
  T& data() {
    static_assert(sizeof(T) <= sizeof data_ && alignof(T) <= 16);
    return *reinterpret_cast<T*>(data_);
  }

  // ---- mechanism: everything below belongs to lwp and fibers, not to policies ----

  /// Before it is first made ready. Out of range is brought into it.
  void set_wishes(const Wishes& w);
  /// As set_wishes, later: then Scheduler::changed() is told. Not of the priority: see
  /// lwp/donation.hpp, which sets that.
  void set_tickets(unsigned n) {
    tickets_.store(within(n, 1u, kMostTickets), memory_order_relaxed);
  }
  void set_deadline(Nanos when) { deadline_.store(when, memory_order_relaxed); }
  void set_next_burst(Nanos length) { clock_.next_burst.store(length, memory_order_relaxed); }
  /// Accounts, under the policy's lock: it became ready, or ran for `ran` and left.
  void note_ready(Why why, Nanos now);
  void note_ran(Nanos ran);
  /// After the policy has heard of it: a wait ends the burst.
  void note_burst_end(How how);

  /// Where the program made it, for recordings; null: it does not say. By who makes it, before it
  /// is first made ready.
  const char* origin_file = nullptr;
  unsigned origin_line = 0;
  Scheduler* home = nullptr;            ///< set once, before the task is first made ready
  atomic<std::uint32_t> token{kEmpty};  ///< pairs with itself: park and unpark
  atomic<bool> leaving{false};  ///< queued while still on its stack; settle clears (see yield)
  /// The LWP a ready task must run on, because it sits on that LWP's own stack; else null.
  Lwp* bound = nullptr;
  atomic<bool> live{false};                   ///< for the dump: this block is in use
  atomic<const char*> waits_for{nullptr};     ///< Reason::what while parked
  atomic<const void*> waits_object{nullptr};  ///< Reason::object while parked
  atomic<std::uint64_t> waits_owner{0};       ///< who had that when it began to wait; 0: nobody
  atomic<const char*> in_call{nullptr};       ///< the blocking call it announced, for the dump
  atomic<bool> in_inbox{false};               ///< claims inbox_next; see Pool::inbox
  Task* inbox_next = nullptr;
  Task* all_next = nullptr;  ///< every task block ever made, for the dump; written once
  /// The queue it is ready in, where the policy hears of changes; written under that queue's lock.
  atomic<RunQueue*> queued_in{nullptr};
  /// Who waits for what it owns, and its own wait for an owned object; see lwp/donation.hpp.
  atomic<Donation*> receives{nullptr};
  atomic<Donation*> gives{nullptr};
  /// Of the checking wrapper (lwp/policy_check.hpp): what the policy holds of it.
  struct Check {
    const void* holder = nullptr;
    Task* after = nullptr;
    Task* before = nullptr;
    std::uint64_t since = 0;
  } check;

 private:
  friend class Donation;
  template <class T>
  static constexpr T within(T value, T least, T most) {
    return value < least ? least : value > most ? most : value;
  }

  struct Clock {
    atomic<Nanos> created{0}, ready_since{0}, cpu_used{0}, slice_used{0}, last_burst{0},
        next_burst{0};
  };

  alignas(16) std::byte data_[32];
  atomic<std::uint64_t> id_{0};
  std::array<atomic<char>, kNameBytes> name_{};
  atomic<int> priority_{Wishes{}.priority};
  atomic<int> base_priority_{Wishes{}.priority};
  atomic<unsigned> tickets_{Wishes{}.tickets};
  atomic<Nanos> deadline_{kNoDeadline};
  atomic<Nanos> period_{0};
  Clock clock_;
};

inline void Task::set_wishes(const Wishes& w) {
  int priority = within(w.priority, 0, kPriorities - 1);
  priority_.store(priority, memory_order_relaxed);
  base_priority_.store(priority, memory_order_relaxed);
  set_tickets(w.tickets);
  set_deadline(w.deadline);
  period_.store(w.period, memory_order_relaxed);
}

inline void Task::note_ready(Why why, Nanos now) {
  if (why == Why::created) {
    clock_.created.store(now, memory_order_relaxed);
    clock_.cpu_used.store(0, memory_order_relaxed);
    clock_.slice_used.store(0, memory_order_relaxed);
    clock_.last_burst.store(0, memory_order_relaxed);
  }
  if (why != Why::stolen) clock_.ready_since.store(now, memory_order_relaxed);
}

inline void Task::note_ran(Nanos ran) {
  clock_.cpu_used.store(cpu_used() + ran, memory_order_relaxed);
  clock_.slice_used.store(slice_used() + ran, memory_order_relaxed);
}

inline void Task::note_burst_end(How how) {
  if (how == How::yielded) return;
  clock_.last_burst.store(slice_used(), memory_order_relaxed);
  clock_.slice_used.store(0, memory_order_relaxed);
}

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
