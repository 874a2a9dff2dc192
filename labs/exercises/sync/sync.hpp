// SPDX-License-Identifier: BSL-1.0
// Given. The lab fills in sync.cpp and tests.cpp.
//
// Every primitive here is a queue of fibers that wait, and a lock around it:
//
//   who must wait:  lock the queue ──► look ──► put yourself in ──► unlock ──► park until told
//   who wakes:      lock the queue ──► take one out ──► unlock ──► tell it ──► unpark
#pragma once

#include <mutex>  // std::lock_guard

#include "fibers/explore.hpp"
#include "fibers/fiber.hpp"

namespace lab {

// ---- given: the scheduler's door ---------------------------------------------------------------

using Handle = weft::lwp::Task*;

/// The calling fiber.
Handle self();
/// Lets others run until unpark(self()). It may return early, for no reason at all.
void park();
/// Makes a parked fiber ready. If it is not parked yet, its next park() returns at once; several
/// such are one. To unpark a fiber that has ended does nothing.
void unpark(Handle fiber);

// ---- given: what a queue is made of ------------------------------------------------------------

/// Guards a few instructions against the other LWPs. Who finds it taken keeps its LWP, so nobody
/// may park while it holds one. With std::lock_guard, or bare.
class SpinLock {
 public:
  void lock();
  void unlock();

 private:
  weft::atomic<bool> taken_{false};
  int holder_ = -1;  // an LWP, while it is taken
};

/// One wait of one fiber. It lies on the stack of the fiber that waits: once `told` is true, that
/// fiber may go on at any moment, and then this is gone.
class Waiter {
 public:
  Waiter() : fiber_(self()) {}
  ~Waiter();
  Waiter(const Waiter&) = delete;

  Handle fiber() const;
  weft::atomic<bool> told{false};

 private:
  friend class Queue;
  const Handle fiber_;
  Waiter* next_ = nullptr;
  bool queued_ = false;
  mutable weft::atomic<int> looks_{0};  // a place where others may come
  volatile unsigned alive_ = kAlive;
  static constexpr unsigned kAlive = 0x600D'F1BE;
};

/// First in, first out. It has no lock of its own.
class Queue {
 public:
  Queue() = default;
  Queue(const Queue&) = delete;
  bool empty() const;
  /// REQUIRES that it is in no queue.
  void put(Waiter& waiter);
  /// Null if it is empty.
  Waiter* take();

 private:
  Waiter* first_ = nullptr;
  Waiter** last_ = &first_;
  weft::var<bool> touched_;  // so that a queue without its lock is seen: a data race
};

// ---- yours, in sync.cpp. The fields are enough; you need not use all ---------------------------

/// One fiber at a time has it. As std::mutex: with std::lock_guard, or bare.
class Mutex {
 public:
  /// Returns when the caller has it. Who waits is parked.
  void lock();
  /// True if the caller has it now. Never waits.
  bool try_lock();
  /// REQUIRES that the caller has it. If fibers wait, one of them will get it.
  void unlock();

 private:
  SpinLock guard_;
  Queue queue_;
  Handle owner_ = nullptr;
};

/// A number of permits.
class Semaphore {
 public:
  explicit Semaphore(int permits) : permits_(permits) {}
  /// Takes one, and waits until there is one.
  void acquire();
  /// Gives one more. By any fiber, also before anybody asks for it.
  void release();

 private:
  SpinLock guard_;
  Queue queue_;
  int permits_;
};

/// Where fibers wait until another says that something has changed.
class ConditionVariable {
 public:
  /// REQUIRES that the caller has `mutex`. Gives it up and waits, as one step: no notify that comes
  /// after the mutex was given up is lost. Has the mutex again when it returns. It returns only
  /// because it was notified.
  void wait(Mutex& mutex);
  /// Ends the wait of one fiber that waits now; does nothing if none does.
  void notify_one();
  /// Ends the wait of every fiber that waits now.
  void notify_all();

 private:
  SpinLock guard_;
  Queue queue_;
  int count_ = 0;
};

// ---- yours, in tests.cpp -----------------------------------------------------------------------

/// Runs in a fiber, with a ConditionVariable of the lab's, and says weft::check(…, "what must
/// hold"). Each is tried under every schedule of two LWPs with up to two preemptions.
using Test = void (*)();
inline constexpr int kTests = 6;
/// Up to six; null is no test.
extern const Test tests[kTests];

}  // namespace lab
