// SPDX-License-Identifier: BSL-1.0
// Given. The lab fills in pool.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "fibers/explore.hpp"
#include "lwp/os.hpp"

namespace lab {

/// A kernel thread, begun by the constructor. join() waits for its end, and so does the destructor.
class Thread : public weft::lwp::os::Thread {
 public:
  Thread(std::string_view name, std::function<void()> body);
};

// ---- to sleep in the kernel ------------------------------------------------------------------

using Word = weft::atomic<std::uint32_t>;

/// The kernel looks at `word`. Where it still holds `seen` this LWP sleeps there, until it is
/// woken; else the call returns at once. Nothing comes between the look and the sleep. It may also
/// return for no reason.
void sleep_if(const Word& word, std::uint32_t seen);

/// Wakes one of the LWPs that sleep at `word`, or all. It is lost on those who do not sleep yet.
void wake_one(const Word& word);
void wake_all(const Word& word);

/// Who finds it taken sleeps until it is free. With std::lock_guard and std::unique_lock, or bare.
class Lock {
 public:
  void lock();
  void unlock();

 private:
  Word word_{0};
  int holder_ = 0;  // a thread
};

// ---- tasks -------------------------------------------------------------------------------------

/// How a step ends: the task has another one, or it is done.
enum class How { again, done };

/// A row of steps, each run to its end on the stack of an LWP. Once its last step has ended the
/// task may be gone.
class Task {
 public:
  explicit Task(std::function<How()> step) : step_(std::move(step)) {}
  Task(const Task&) = delete;
  How run_step() { return step_(); }

 private:
  friend class Table;
  const std::function<How()> step_;
  Task* next_ = nullptr;
};

/// The thread table: the tasks that are ready, first in, first out. It has no lock of its own.
class Table {
 public:
  bool empty() const { return touched_.get(), first_ == nullptr; }
  /// REQUIRES that the task is in no table.
  void put(Task& task) {
    touched_ = true;
    task.next_ = nullptr;
    *last_ = &task;
    last_ = &task.next_;
  }
  /// Null if it is empty.
  Task* take() {
    touched_ = true;
    Task* const task = first_;
    if (task == nullptr) return nullptr;
    first_ = task->next_;
    if (first_ == nullptr) last_ = &first_;
    return task;
  }

 private:
  Task* first_ = nullptr;
  Task** last_ = &first_;
  weft::var<bool> touched_;  // so that a table without its lock is seen: a data race
};

// ---- the pool: pool.cpp -----------------------------------------------------------------------

/// Several LWPs that run the tasks of one thread table.
class Pool {
 public:
  /// Starts `lwps` LWPs, of which at most `permits` run steps at a time: all, until you come to the
  /// optional part.
  Pool(int lwps, int permits);
  ~Pool();  ///< REQUIRES shutdown().

  /// The task is ready, and an LWP that sleeps is woken for it: one, and nobody asks the kernel
  /// where none sleeps. For any thread, and for the steps of tasks.
  void submit(Task& task);

  /// Nothing more comes from outside. Returns when every task is done, and every LWP has ended.
  /// None ends before the last task is done: a step that runs may still submit others.
  void shutdown();

  /// Optional. A step makes a call that blocks through this: while `call` runs another LWP has its
  /// permit. Then it waits for one again, and goes before tasks that only wait for their next step.
  void blocking(const std::function<void()>& call);

 private:
  struct State;  // yours
  const std::unique_ptr<State> state_;
};

}  // namespace lab
