// SPDX-License-Identifier: BSL-1.0
// expect: lwps.unlocked-table
// The permit is given back before the lock is had again.
// INVARIANT: an LWP that finds nothing to do says so under the lock under which it looked. Whoever
// changes what it waits for does so under the same lock, and so knows that it must be woken; should
// it not sleep yet, it will not: the word is no longer what it has seen.
#include <mutex>
#include <string>
#include <vector>

#include "lwps.hpp"

namespace lab {

struct Pool::State {
  Lock lock;  // guards all that is no Word and no thread
  Table ready;
  int unfinished = 0;  // tasks: in the table, running, or in blocking()
  bool closing = false;
  int free = 0;  // permits

  Word bell{0}, back{0};  // changed under the lock; an LWP sleeps at one of them
  int idle = 0;           // LWPs at `bell`: they wait for a task and a permit
  int returning = 0;      // at `back`: for a permit, with a task that has begun

  std::vector<Thread> lwps;

  void run();
  bool may_start() const { return free > returning && !ready.empty(); }
  void sleep(Word& word, int& sleepers);
  void wake();
};

// What each LWP does.
void Pool::State::run() {
  std::unique_lock held(lock);
  while (!closing || unfinished > 0) {
    if (!may_start()) {
      sleep(bell, idle);
      continue;
    }
    --free;
    Task& task = *ready.take();
    held.unlock();
    const How how = task.run_step();
    ++free;
    held.lock();
    how == How::again ? ready.put(task) : void(--unfinished);
    if (returning > 0) wake();  // else this LWP is the one to go on
  }
  ++bell;  // the others may end, too
  wake_all(bell);
}

// Returns when something has changed, perhaps. REQUIRES the lock, and drops it meanwhile.
void Pool::State::sleep(Word& word, int& sleepers) {
  const std::uint32_t seen = word;
  ++sleepers;
  lock.unlock();
  sleep_if(word, seen);
  lock.lock();
  --sleepers;
}

// Wakes who can go on. REQUIRES the lock: without it the last task may end, and the pool be gone.
void Pool::State::wake() {
  if (returning > 0 && free > 0) {
    ++back;
    wake_one(back);
  }
  if (idle > 0 && may_start()) {
    ++bell;
    wake_one(bell);
  }
}

Pool::Pool(int lwps, int permits) : state_(new State) {
  state_->free = permits;
  for (int i = 0; i < lwps; ++i) {
    state_->lwps.emplace_back("lwp " + std::to_string(i + 1), [this] { state_->run(); });
  }
}
Pool::~Pool() = default;

void Pool::submit(Task& task) {
  std::lock_guard held(state_->lock);
  ++state_->unfinished;
  state_->ready.put(task);
  state_->wake();
}

void Pool::shutdown() {
  {
    std::lock_guard held(state_->lock);
    state_->closing = true;
    ++state_->bell;
    wake_all(state_->bell);
  }
  for (Thread& lwp : state_->lwps) lwp.join();
}

void Pool::blocking(const std::function<void()>& call) {
  State& s = *state_;
  {
    std::lock_guard held(s.lock);
    ++s.free;
    s.wake();
  }
  call();
  std::lock_guard held(s.lock);
  while (s.free == 0) s.sleep(s.back, s.returning);
  --s.free;
}

}  // namespace lab
