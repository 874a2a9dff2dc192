// SPDX-License-Identifier: BSL-1.0
// What stands behind park() and unpark(): the pool of LWPs (pool.hpp), a kernel thread for each
// fiber, or Boost.Fiber. Also the list of every task, which the dump walks.
#pragma once

#include <cstdint>

#include "lwp/arch.hpp"
#include "lwp/episodes.hpp"
#include "lwp/lock.hpp"
#include "lwp/os.hpp"
#include "lwp/task.hpp"
#include "lwp/waiter.hpp"

namespace weft::lwp {

class Core;
struct Permit;
namespace trace {
class Ring;
}

/// A kernel thread that runs tasks. Its fields belong to the thread itself unless a line says
/// otherwise.
struct Lwp {
  /// Between enter() and leave() (core.hpp). Written by the thread, read by a revoker after
  /// membarrier().
  atomic<bool> in_core{false};
  /// Set by who takes the permit away, under Pool::handoff_; read by enter().
  atomic<bool> revoked{false};
  bool solo = false;    ///< one permit: plain loads and stores will do
  bool alone = false;   ///< nobody else is in core: primitives need no lock; see core.hpp
  bool direct = false;  ///< tasks switch straight to the next one, on their own stacks
  /// The task it carries; read by the dump.
  atomic<Task*> running{nullptr};
  Permit* permit = nullptr;
  Scheduler* scheduler = nullptr;  ///< null: a kernel thread outside every runtime

  trace::Ring* ring = nullptr;  ///< where it records; null: nothing is recorded
  bool attends = false;         ///< looks at timers, events and messages: wakes for nobody
  bool searching = false;       ///< was woken, and has not yet found out for what
  Left left{};                  ///< who left, told by the leaving side to the arriving one
  Task* owed_permit = nullptr;  ///< a bound task that next() returned: its LWP gets the permit
  void* home = nullptr;         ///< of fibers: the suspended dispatch loop (fibers/switch.hpp)
  void* engine = nullptr;       ///< of fibers: who makes fibers here
  std::uint32_t random = 2463534242;       ///< of select: a random sequence
  std::uint64_t last_id = 0, ids_end = 0;  ///< of Scheduler::next_id

  /// As what its task will be ready when it asks for its permit back.
  Why returns_as = Why::returned;
  /// Set under Pool::handoff_: its task is to give way, if that many tasks have still been
  /// dispatched under its permit; 0: nobody asked.
  atomic<std::uint64_t> asked_at{0};
  Why asked_as = Why::slice_used;  ///< guarded by Pool::handoff_
  atomic<int> uninterruptible{0};  ///< an interrupt waits for 0; see Uninterrupted
  atomic<bool> interrupt_waits{false};

  /// Waits in the signal handler that stopped its task; guarded by Pool::handoff_, as the next.
  bool stopped = false;
  bool let_go = false;  ///< went on from there without a permit, since let_go_at
  std::int64_t let_go_at = 0;
  atomic<std::uint32_t> grant{0};  ///< futex: 1 = a permit was given, 2 = stop, 3 = go on without
  Lwp* next_spare = nullptr;       ///< guarded by Pool::handoff_
  Lwp* next_returning = nullptr;   ///< link of Pool::returning_
  atomic<bool> idle{false};        ///< for the dump
  OpenEpisode episode;             ///< has a lock of its own
  int index = 0;                   ///< 1, 2, …
  atomic<int> thread_id{0};
};

/// While one lives, an interrupt of the calling LWP waits (preemption.cpp): for what it does
/// outside core with a lock that is also taken in core, or by who gives it its permit back.
class Uninterrupted {
 public:
  explicit Uninterrupted(Lwp& l) : lwp_(l) {
    l.uninterruptible.store(l.uninterruptible.load(memory_order_relaxed) + 1, memory_order_relaxed);
    compiler_fence();
  }
  ~Uninterrupted();
  Uninterrupted(const Uninterrupted&) = delete;

 private:
  Lwp& lwp_;
};

/// That of a thread of no runtime: it has no scheduler.
Lwp* outsider();
/// The calling thread's LWP, read anew each time: the caller may have been switched to another.
[[gnu::always_inline]] inline Lwp* current() {
  Lwp* own = arch::own_lwp();
  return own != nullptr ? own : outsider();
}
/// Makes `lwp` the calling thread's own (null: none). Prepares the floating-point state.
void adopt(Lwp* lwp);

/// The number of what begins as a runtime in a recording: 1, 2, … in the order in which they begin.
std::uint32_t next_runtime();

class Scheduler {
 public:
  Scheduler();
  virtual ~Scheduler() = default;

  /// Parks the current task, unless an unpark came before. May return early. REQUIRES core and a
  /// current task; the task may come back on another LWP (core then says which).
  virtual void park(Core& core, Reason why) = 0;
  /// Parks until `w` has been ended by a signal or by `deadline`, whichever comes first.
  virtual void park_until(Core& core, Waiter& w, Reason why, os::Nanos deadline) = 0;
  /// Makes a task of this scheduler runnable; from any thread.
  virtual void unpark(Task& task) = 0;
  /// Lets others run.
  virtual void yield(Core& core) = 0;
  /// Parks until the descriptor is ready for `interest` (exactly one); false at the deadline.
  virtual bool wait_ready(int fd, std::uint32_t interest, os::Nanos deadline) = 0;
  /// Counts what outside the scheduler's tasks may yet wake one of them; see Outside.
  virtual void outside(int change) = 0;
  /// An LWP that exchanged its permit for a long call comes back (see core.hpp).
  virtual void come_back(Lwp&) {}
  /// What the policy knows of a task has changed. REQUIRES core.
  virtual void changed(Lwp&, Task&) {}
  /// Whether its policy hears of changes, so that donations are kept (donation.hpp).
  virtual bool donates() const { return false; }

  /// One line for the head of the dump: "many-to-many, 2 LWPs, fifo".
  virtual void describe(class Line& line) const = 0;
  /// For WEFT_SCHEDTRACE, as describe(): "permits=2 runqueue=4 [3 1]"; nothing where the kernel
  /// schedules.
  virtual void run_queues(class Line&) const {}
  /// Tasks run so far.
  virtual std::uint64_t switches() const { return 0; }
  /// Calls `visit` for each LWP; for the dump: takes no lock, allocates nothing.
  virtual void each_lwp(void (*visit)(const Lwp&, void*), void* context) const = 0;

  Task* all_tasks() const { return all_.load(memory_order_acquire); }
  /// Adds a control block, for good. Thread-safe.
  void enlist(Task& task);
  /// Of next_runtime().
  std::uint32_t traced_as = 0;
  /// What blocked in the kernel, and who paid.
  Episodes episodes;
  Lock donations;  ///< who waits for whose object

  /// Numbers come in the order in which tasks are made, but LWPs that run side by side draw theirs
  /// a few at a time.
  std::uint64_t next_id(Lwp& l) {
    constexpr std::uint64_t kBatch = 16;
    if (l.scheduler != this) return last_id_.fetch_add(1, memory_order_relaxed) + 1;
    if (l.alone) {
      std::uint64_t id = last_id_.load(memory_order_relaxed) + 1;
      last_id_.store(id, memory_order_relaxed);
      return id;
    }
    if (l.last_id == l.ids_end) {
      l.last_id = last_id_.fetch_add(kBatch, memory_order_relaxed);
      l.ids_end = l.last_id + kBatch;
    }
    return ++l.last_id;
  }

 private:
  atomic<Task*> all_{nullptr};
  atomic<std::uint64_t> last_id_{0};
};

/// While one lives, something outside may yet wake a task (a helper thread, an attached kernel
/// thread): no deadlock is declared. Thread-safe; not in core.
class Outside {
 public:
  explicit Outside(Scheduler& scheduler) : scheduler_(scheduler) { scheduler_.outside(1); }
  ~Outside() { scheduler_.outside(-1); }
  Outside(const Outside&) = delete;

 private:
  Scheduler& scheduler_;
};

}  // namespace weft::lwp
