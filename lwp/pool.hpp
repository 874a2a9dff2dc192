// SPDX-License-Identifier: BSL-1.0
// The pool of LWPs and its dispatch loop, which is three functions:
//
//   pick()    what runs next: messages first, timers and events every so many calls, then the
//             policy. Never blocks.
//   settle()  what becomes of the task that has just left: requeue, commit its park, recycle.
//   idle()    nothing is ready: sleep until something may be.
//
//   loop:  t = pick();  t ? settle(t->run()) : idle()
//
// A fiber that stops does the same on its own stack (fibers/switch.hpp): it picks, jumps straight
// to the next fiber, and the side that *arrives* settles the one that left. So nobody is ever
// settled, and by that offered to other LWPs, while its stack is in use.
//
// A run permit is the right to run tasks. There are N; LWPs may be more, because one that is to
// block in the kernel can give its permit to a spare. Coming back it is a *bound task*: ready, but
// on its own LWP's stack; when the policy returns it, the permit goes to that LWP.
//
// Idle LWPs all sleep in one epoll set, in which a bell (eventfd) and an alarm (timerfd) ring for
// one sleeper each. The first design had one sleeper in epoll and the rest on futexes: then a
// poller that finds work must wake its successor before it runs, or events go unseen while it
// blocks; that cost a wake-up for each request and the kernel's exclusive wake-up does it for
// nothing.
//
// INVARIANT (lost wake-up): ready publishes the task, fences, then reads idle_count_; an idle LWP
// adds itself to idle_count_, fences, then looks for ready tasks. One of them sees the other. Only
// the first task of an empty queue need do so: no LWP falls asleep while a task is ready, unless
// another is in search(), and who finds one wakes the next.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lwp/core.hpp"
#include "lwp/permit.hpp"
#include "lwp/reactor.hpp"
#include "lwp/sentinel.hpp"
#include "lwp/timers.hpp"
#include "lwp/trace/hooks.hpp"

namespace weft::lwp {

class Pool : public Scheduler {
 public:
  struct Config {
    int permits = 1;
    int max_lwps = 0;             ///< 0: as many as permits
    std::string policy = "fifo";  ///< of lwp/policy_table.hpp
    std::uint64_t seed = 1;       ///< of policies that draw lots
    /// What the sentinel does about LWPs that block unannounced; `notice` fills `episodes` only.
    enum class Watch { none, notice, hand_off } watch = Watch::none;
    /// > 0: a task that computes for longer, while others wait, has its permit taken and is
    /// stopped; a policy's slice() goes before, and its preempts() acts. REQUIRES hand_off.
    os::Nanos preempt = 0;
    /// An LWP without work looks for some so long before it sleeps; one at a time does.
    os::Nanos spin = 0;
    os::Nanos spare_rest = 2 * os::kSecond;  ///< after this an unused spare LWP ends, but for one
  };
  explicit Pool(const Config& config);
  ~Pool() override;

  /// Runs tasks until none is left. The calling thread becomes LWP 1; the others are started and
  /// joined here. `first` is made ready before. A deadlock calls `on_deadlock`.
  void run(Task& first);
  /// What to do when no task can ever run again. Called in core, on an idle LWP.
  void (*on_deadlock)(Pool&) = nullptr;

  // ---- the core's operations; all REQUIRE core -------------------------------------------

  /// `how` the caller's task leaves, for the policy.
  Task* pick(Lwp& l, How how = How::parked);
  void settle(Lwp& l, Left left);
  void make_ready(Lwp& l, Task& task, Why why);
  /// Offers the running task and takes the next, in one step of the policy: maybe the same. It is
  /// queued before it has left its stack, so others that pick it wait until settle() says it has.
  Task* requeue_and_pick(Lwp& l, Task& self);
  void unpark_here(Lwp& l, Task& task);
  /// Makes a new task ready; it counts as alive from here on.
  void born(Lwp& l, Task& task) {
    count(l.permit->born);
    trace::created(l, task);
    make_ready(l, task, Why::created);
  }

  // ---- plain kernel threads that take part (lwp/attach.cpp) ----------------------------------

  /// The calling thread is let into the run, which does not end before detach(). Waits for a run to
  /// begin, and for a permit's holder to come by. Not in core.
  void attach();
  /// By the same thread. Not in core.
  void detach();
  /// As born(), from an attached thread.
  void born_outside(Task& task);

  // ---- Scheduler ---------------------------------------------------------------------------

  void unpark(Task& task) override;
  bool wait_ready(int fd, std::uint32_t interest, os::Nanos deadline) override;
  void come_back(Lwp& l) override;
  void changed(Lwp& l, Task& task) override;
  bool donates() const override { return type_.hooks.changed; }
  void outside(int change) override;
  void park_until(Core& core, Waiter& w, Reason why, os::Nanos deadline) override;
  void describe(Line& line) const override;
  void run_queues(Line& line) const override;
  std::uint64_t switches() const override { return dispatches(); }
  void each_lwp(void (*visit)(const Lwp&, void*), void* context) const override;

  // ---- permits -----------------------------------------------------------------------------

  /// Gives the calling LWP's permit to a spare; its task goes on without one until its next call
  /// into weft. False if no spare can be had (max_lwps). Not in core.
  bool give_up_permit();
  /// Takes the permit from an LWP that is outside core (blocked in the kernel, or computing). False
  /// if it is in core, has none, no spare can be had, the kernel has no membarrier, or it has
  /// dispatched something else than `at_dispatch` says.
  bool revoke(Lwp& victim, std::uint64_t at_dispatch = kAnyDispatch);
  static constexpr std::uint64_t kAnyDispatch = ~std::uint64_t{0};
  /// As revoke(), and stops the task where it is (`as` slice_used or preempted); one that is in
  /// core is asked to give way at its next entry.
  void preempt(Lwp& victim, std::uint64_t at_dispatch, Why as);
  /// Lets the tasks that were stopped go on without a permit, each for about a slice: those that
  /// have the permits wait for what one of them holds, and no spare can be had.
  void let_stopped_go();
  /// The end of that slice.
  void stop_again(os::Nanos now);
  /// Makes the LWP's next entry into core go by come_back(), with its permit.
  void knock(Lwp& l);

  bool solo() const { return permits_.size() == 1; }
  std::size_t ready_count() const;
  std::uint64_t dispatches() const;
  std::uint64_t tasks_born() const;
  /// Called on each LWP's own thread before it runs anything.
  virtual void begin_lwp(Lwp&) {}
  /// Tasks stopped while they computed, since the pool was made.
  std::uint64_t preemptions() const { return preemptions_.load(memory_order_relaxed); }
  /// LWPs that live now.
  int lwp_count() const { return slots() - vacant_count_.load(memory_order_relaxed); }
  /// Slots that have ever had an LWP.
  /// Before run() how many it begins with.
  int lwps_or_permits() const {
    return lwp_count() > 0 ? lwp_count() : static_cast<int>(permits_.size());
  }
  int slots() const { return lwp_count_.load(memory_order_acquire); }
  const std::string& policy_name() const { return config_.policy; }

 private:
  friend class Sentinel;
  static constexpr unsigned kLookEvery = 61;  // prime, so that it keeps no step with the program

  void work(Lwp& l);
  void idle(Lwp& l);
  void account(Lwp& l, How how);
  bool find_elsewhere(Lwp& l, How how);
  bool steal_from(Lwp& l, RunQueue& victim);
  void relieve_the_stuck(Lwp& l);
  bool search(Lwp& l);
  bool spin(Lwp& l);
  bool take_what_lies(Lwp& l, bool first_look);
  void attend(Lwp& l);
  void look(Lwp& l);
  void read_mail(Lwp& l);
  void expire_timers(Lwp& l);
  void arm_alarm();
  void wait_until_left(Task& task);
  void now_searches(Lwp& l);
  void found_work(Lwp& l);
  void wake_one();
  void post();
  void stop();
  static void count(atomic<std::uint64_t>& holders_own) {
    holders_own.store(holders_own.load(memory_order_relaxed) + 1, memory_order_release);
  }
  bool nobody_lives() const;
  void let_in();
  bool something_to_do() const;
  bool nobody_can_wake() const;
  void no_longer_idle();
  /// For the sentinel: somebody waits for an LWP.
  bool something_ready() const { return ready_count() > 0 || mail_.load(memory_order_relaxed); }
  bool all_idle() const { return idle_count_.load() == static_cast<int>(permits_.size()); }
  void count_dispatch(Permit& permit);
  void wake_sentinel();

  void start_lwps();
  void start_spares();
  Lwp* start_lwp();
  Lwp* take_spare();
  bool give_permit_away(Lwp& l, Why as);
  static bool keep_out(Lwp& victim);
  static bool is_at(const Lwp& l, std::uint64_t dispatch);
  static void let_preempt();
  static void interrupted();
  void ask_for_permit(Lwp& l, bool in_handler);
  bool asked_to_give_way(Lwp& l);
  void ask_to_give_way(Lwp& l);
  bool somebody_waits(os::Nanos now) const;
  void grant(Lwp& to, Permit& permit);
  void end_episode(Lwp& l, os::Nanos asked);
  void pay_owed_permit(Lwp& l);
  void wait_for_grant(Lwp& l);
  bool rest_as_spare(Lwp& l);
  void stop_waiting(Lwp& l);

  static constexpr int kLooks = arch::kSimulated ? 2 : 20;  // of search()
  static constexpr int kPauses =
      arch::kSimulated ? 0 : 100;   // between two of them: about a microsecond
  static constexpr int kStill = 5;  // looks
  static constexpr int kLooksAtEvents = 8;
  static constexpr os::Nanos kStuck = 100 * os::kMicrosecond;

  const Config config_;
  const bool one_cpu_ = os::allowed_cpus().size() == 1;
  const PolicyType type_;
  std::vector<std::unique_ptr<RunQueue>> queues_;  // one, or one a permit
  std::vector<std::unique_ptr<Permit>> permits_;

  // LWPs: slots are filled in order and never emptied while the pool lives.
  std::vector<std::unique_ptr<Lwp>> lwps_;  // max_lwps slots, made beforehand
  std::vector<os::Thread> threads_;         // guarded by handoff_
  atomic<int> lwp_count_{0};
  Lock handoff_;           // who holds which permit, and the spares
  Lwp* spares_ = nullptr;  // guarded by handoff_
  Lwp* vacant_ = nullptr;  // slots whose LWP has retired; guarded by handoff_
  atomic<int> vacant_count_{0};
  atomic<std::uint32_t> standing_{0};  // LWPs that have begun, where tasks are preempted; a futex

  atomic<std::uint64_t> preemptions_{0};
  std::unique_ptr<Sentinel> sentinel_;
  atomic<int> watch_level_{Sentinel::kClose};  // what the sentinel gives now; without one, enough

  // Attached threads: those that wait to be let in, and how many are.
  struct Joining;
  atomic<Joining*> joining_{nullptr};
  Joining* admitted_ = nullptr;  // guarded by handoff_, as attached_
  int attached_ = 0;
  atomic<bool> realign_{false};  // one has gone: Lwp::alone may be true again

  // Messages from threads that are not in core: unparks, and LWPs that come back.
  atomic<bool> mail_{false};
  atomic<Task*> inbox_{nullptr};
  atomic<Lwp*> returning_{nullptr};

  Lock timers_lock_;
  Timers timers_;                                // guarded by timers_lock_
  atomic<os::Nanos> next_deadline_{os::kNever};  // written under timers_lock_
  os::Nanos alarm_at_ = os::kNever;              // guarded by timers_lock_
  Reactor reactor_;
  os::Bell bell_;
  os::Alarm alarm_;

  // Who came and went otherwise; see nobody_lives().
  atomic<std::uint64_t> born_outside_{0}, attaches_{0}, detaches_{0};
  atomic<int> idle_count_{0};
  atomic<std::uint64_t> idle_exits_{0};  // see nobody_can_wake()
  atomic<bool> searching_{false};        // one was woken, or has not yet found out for what
  atomic<bool> lingering_{false};        // one is in search()
  atomic<bool> spinning_{false};         // one is in spin()
  atomic<int> outside_{0};
  atomic<bool> stopping_{false};
};

// ---- the hot path, inline: after a switch the return predictor misses --------------------------

inline Task* Pool::pick(Lwp& l, How how) {
  attend(l);
  Permit& permit = *l.permit;
  RunQueue& q = *permit.queue;
  Task* task;
  if (l.solo) {
    task = q.take(permit.turn, how);
    if (task == nullptr) return nullptr;
    q.add(-1);
  } else {
    // An empty queue is seen without its lock; who adds to it wakes an LWP afterwards.
    if (q.size.load(memory_order_relaxed) == 0 && !find_elsewhere(l, how)) return nullptr;
    q.lock.lock();
    task = q.take(permit.turn, how);
    if (task != nullptr) q.add(-1);
    q.lock.unlock();
    if (task == nullptr) return nullptr;
    if (l.searching) [[unlikely]]
      found_work(l);
    wait_until_left(*task);
  }
  count_dispatch(permit);
  return task;
}

[[gnu::always_inline]] inline void Pool::count_dispatch(Permit& permit) {
  permit.dispatches.store(permit.dispatches.load(memory_order_relaxed) + 1, memory_order_relaxed);
  const int level = watch_level_.load(memory_order_relaxed);
  if (level < Sentinel::kClose) [[unlikely]] {
    const bool leaves_some = permit.queue->size.load(memory_order_relaxed) > 0;
    const int wanted = leaves_some ? Sentinel::kClose : Sentinel::kNet;
    if (level < wanted) sentinel_->raise(wanted);
  }
}

// The task that made another ready may block the LWP before it dispatches any.
inline void Pool::wake_sentinel() {
  compiler_fence();  // after the task was counted; pairs with the membarrier in Sentinel::watch
  if (watch_level_.load(memory_order_relaxed) == Sentinel::kAsleep) [[unlikely]]
    sentinel_->raise(Sentinel::kNet);
}

inline void Pool::attend(Lwp& l) {
  if (mail_.load(memory_order_relaxed)) [[unlikely]]
    read_mail(l);
  Permit& permit = *l.permit;
  const std::uint64_t dispatches = permit.dispatches.load(memory_order_relaxed);
  if (dispatches >= permit.look_at) [[unlikely]] {
    permit.look_at = dispatches + kLookEvery;
    look(l);
  }
}

// Queued by a yield whose LWP is just leaving its stack: a matter of nanoseconds, unless the
// kernel took that LWP's CPU.
inline void Pool::wait_until_left(Task& task) {
  while (task.leaving.load(memory_order_acquire)) [[unlikely]] os::yield_cpu();
}

inline void Pool::make_ready(Lwp& l, Task& task, Why why) {
  trace::ready(l, task, why);
  RunQueue& q = *l.permit->queue;
  if (l.solo) {
    const bool urgent = q.offer(l.permit->turn, task, why);
    q.add(1);
    wake_sentinel();
    if (urgent) [[unlikely]]
      ask_to_give_way(l);
    return;
  }
  q.lock.lock();
  const bool urgent = q.offer(l.permit->turn, task, why);
  const bool first = q.size.load(memory_order_relaxed) == 0;
  q.add(1);
  q.lock.unlock();
  wake_sentinel();
  if (urgent) [[unlikely]]
    ask_to_give_way(l);
  if (!first) return;
  fence();  // pairs with the fence in idle(): see INVARIANT (lost wake-up)
  if (idle_count_.load(memory_order_relaxed) > 0) wake_one();
}

inline void Pool::unpark_here(Lwp& l, Task& task) {
  if (l.solo) {
    std::uint32_t token = task.token.load(memory_order_relaxed);
    if (token == Task::kParked) {
      task.token.store(Task::kEmpty, memory_order_relaxed);
      make_ready(l, task, Why::woken);
    } else if (token != Task::kNewborn) {
      task.token.store(Task::kNotified, memory_order_relaxed);
      trace::notified(l, task);
    }
    return;
  }
  std::uint32_t token = task.token.load(memory_order_relaxed);
  while (token != Task::kNewborn) {  // a late one, for the block's last task: the inbox has it

    std::uint32_t wanted = token == Task::kParked ? Task::kEmpty : Task::kNotified;
    if (task.token.compare_exchange_weak(token, wanted, memory_order_acq_rel)) break;
  }
  if (token == Task::kParked) {
    make_ready(l, task, Why::woken);
  } else {
    trace::notified(l, task);
  }
}

[[gnu::always_inline]] inline void Pool::settle(Lwp& l, Left left) {
  Task& task = *left.who;
  switch (left.how) {
    case How::yielded:
      task.leaving.store(false, memory_order_release);
      return;
    case How::parked: {
      // Now nobody runs on its stack: the park may be committed, unless an unpark came first.
      std::uint32_t token = Task::kEmpty;
      if (l.solo) {
        if (task.token.load(memory_order_relaxed) == Task::kEmpty) {
          task.token.store(Task::kParked, memory_order_relaxed);
          return;
        }
      } else if (task.token.compare_exchange_strong(token, Task::kParked, memory_order_acq_rel)) {
        return;
      }
      if (l.solo) {
        task.token.store(Task::kEmpty, memory_order_relaxed);
      } else {
        // Reads, so that what the last of several unparkers wrote is seen (as in park()).
        task.token.exchange(Task::kEmpty, memory_order_acq_rel);
      }
      l.attends = true;  // who told it has said so; see trace::notified
      make_ready(l, task, Why::woken);
      l.attends = false;
      return;
    }
    case How::done:
      task.recycle();
      count(l.permit->died);  // this LWP sees in idle() that it was the last
      return;
  }
}

[[gnu::always_inline]] inline Task* Pool::requeue_and_pick(Lwp& l, Task& self) {
  attend(l);
  RunQueue& q = *l.permit->queue;
  Task* next;
  if (l.solo) {
    q.offer(l.permit->turn, self, Why::yielded);
    next = q.take(l.permit->turn, How::yielded);
    if (next == nullptr) q.add(1);  // a broken policy may hold even a lone task back
  } else {
    self.leaving.store(true, memory_order_relaxed);
    q.lock.lock();
    q.offer(l.permit->turn, self, Why::yielded);
    next = q.take(l.permit->turn, How::yielded);
    if (next == nullptr) q.add(1);
    q.lock.unlock();
    if (next == &self) {
      self.leaving.store(false, memory_order_relaxed);
    } else if (next != nullptr) {
      wait_until_left(*next);
    }
    if (q.size.load(memory_order_relaxed) > 0 && idle_count_.load(memory_order_relaxed) > 0) {
      wake_one();
    }
  }
  Permit& permit = *l.permit;
  count_dispatch(permit);
  return next;
}

}  // namespace weft::lwp
