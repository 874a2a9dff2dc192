// SPDX-License-Identifier: BSL-1.0
// expect: lwps.believes-wake-ups
// Takes a task after it was woken without another look: `if` for `while`.
#include <mutex>
#include <vector>

#include "lwps.hpp"

namespace lab {

struct Pool::State {
  Lock lock;
  Table ready;
  int unfinished = 0, idle = 0;
  bool closing = false;
  Word bell{0};
  std::vector<Thread> lwps;

  void run();
};

void Pool::State::run() {
  std::unique_lock held(lock);
  while (!closing || unfinished > 0) {
    if (ready.empty()) {
      const std::uint32_t seen = bell;
      ++idle;
      held.unlock();
      sleep_if(bell, seen);
      held.lock();
      --idle;
      if (closing && unfinished == 0) break;
    }
    Task* task = ready.take();
    held.unlock();
    const How how = task->run_step();
    held.lock();
    how == How::again ? ready.put(*task) : void(--unfinished);
  }
  ++bell;
  wake_all(bell);
}

Pool::Pool(int lwps, int) : state_(new State) {
  for (int i = 0; i < lwps; ++i) state_->lwps.emplace_back("lwp", [this] { state_->run(); });
}
Pool::~Pool() = default;

void Pool::submit(Task& task) {
  State& s = *state_;
  std::unique_lock held(s.lock);
  ++s.unfinished;
  s.ready.put(task);
  const bool wake = s.idle > 0;
  if (wake) ++s.bell;
  held.unlock();
  if (wake) wake_one(s.bell);
}

void Pool::shutdown() {
  State& s = *state_;
  s.lock.lock();
  s.closing = true;
  ++s.bell;
  s.lock.unlock();
  wake_all(s.bell);
  for (Thread& lwp : s.lwps) lwp.join();
}

void Pool::blocking(const std::function<void()>& call) {
  call();
}

}  // namespace lab
