// SPDX-License-Identifier: BSL-1.0
// The checks' tasks, which are watched, and the kernel's sleep, which is counted.
#pragma once

#include <climits>

#include "fibers/explore.hpp"
#include "lwps.hpp"

namespace stage {

namespace os = weft::lwp::os;
using weft::check;

inline int woken = 0;         // returns from sleep_if()
inline int calls = 0;         // of wake_one() and wake_all()
inline int ended = 0;         // threads
inline int false_alarms = 0;  // of the next sleeps, how many end at once for no reason

inline constexpr int kThreads = 64;
inline int locks_held[kThreads] = {};  // by os::thread_id()

inline weft::atomic<int> place{0};

/// A place in a step where another LWP may go on.
inline void pass() {
  place.fetch_add(1);
}

/// In virtual time; it passes only while nobody can go on without.
inline void sleep_ms(int milliseconds) {
  os::sleep_until(os::now() + milliseconds * os::kMillisecond);
}
inline int now_ms() {
  return static_cast<int>(os::now() / os::kMillisecond);
}

/// Returns when all LWPs sleep, or wait for a later point in time.
inline void settle() {
  pass();
  sleep_ms(1);
}

/// A task of some steps, each of which does `work`.
class Job {
 public:
  explicit Job(int steps = 1, std::function<void()> work = pass)
      : steps_(steps), work_(std::move(work)) {}
  operator lab::Task&() { return task_; }
  bool done() const { return ran_ == steps_; }
  int ran() const { return ran_; }

 private:
  lab::How step() {
    check(!running_ && !done(), "still-in-table");
    running_ = true;
    work_();
    running_ = false;
    return ++ran_ == steps_ ? lab::How::done : lab::How::again;
  }

  const int steps_;
  const std::function<void()> work_;
  int ran_ = 0;
  bool running_ = false;
  lab::Task task_{[this] { return step(); }};
};

/// Says who runs: `permits` tasks at most, or the check fails with `message`.
struct Permits {
  const int permits;
  const char* const message;
  int running = 0;

  void enter() { check(++running <= permits, message); }
  void leave() { --running; }
  void run(const std::function<void()>& work) {
    enter();
    work();
    leave();
  }
  /// REQUIRES run().
  void block(lab::Pool& pool, const std::function<void()>& call) {
    leave();
    pool.blocking(call);
    enter();
  }
};

}  // namespace stage

lab::Thread::Thread(std::string_view name, std::function<void()> body)
    : weft::lwp::os::Thread(name, [body = std::move(body)] {
        body();
        ++stage::ended;
      }) {}

void lab::sleep_if(const Word& word, std::uint32_t seen) {
  stage::check(stage::locks_held[stage::os::thread_id()] == 0, "sleeps-with-lock");
  if (stage::false_alarms > 0) {
    --stage::false_alarms;
    return;
  }
  stage::os::futex_wait(word, seen);
  ++stage::woken;
}
void lab::wake_one(const Word& word) {
  ++stage::calls;
  stage::os::futex_wake(word, 1);
}
void lab::wake_all(const Word& word) {
  ++stage::calls;
  stage::os::futex_wake(word, INT_MAX);
}

// Drepper, "Futexes Are Tricky", the second mutex: 0 free, 1 taken, 2 taken and perhaps waited for.
void lab::Lock::lock() {
  const int self = stage::os::thread_id();
  stage::check(holder_ != self, "locks-twice");
  std::uint32_t free = 0;
  if (!word_.compare_exchange_strong(free, 1)) {
    while (word_.exchange(2) != 0) stage::os::futex_wait(word_, 2);
  }
  holder_ = self;
  ++stage::locks_held[self];
}
void lab::Lock::unlock() {
  const int self = stage::os::thread_id();
  stage::check(holder_ == self, "unlocks-anothers");
  holder_ = 0;
  --stage::locks_held[self];
  if (word_.exchange(0) == 2) stage::os::futex_wake(word_, 1);
}
