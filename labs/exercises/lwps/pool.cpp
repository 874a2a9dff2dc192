// SPDX-License-Identifier: BSL-1.0
// Several LWPs run the tasks of one thread table. See lwps.hpp for what is given, and for what
// these functions promise.
#include <mutex>
#include <string>
#include <vector>

#include "lwps.hpp"

namespace lab {

struct Pool::State {
  Lock lock;    // guards what follows
  Table ready;  // tasks that can be run, and that nobody runs
  // TODO: what else do the LWPs, submit() and shutdown() have to know of each other?

  std::vector<Thread> lwps;

  void run();
};

// What each LWP does.
void Pool::State::run() {
  // TODO: take a task from the table, run a step of it, put it back if it has another one; and so
  // on. What of this needs the lock?
  // Then: an LWP that finds nothing sleeps until there is something. When may it end?
}

Pool::Pool(int lwps, int /*permits*/) : state_(new State) {
  for (int i = 0; i < lwps; ++i) {
    state_->lwps.emplace_back("lwp " + std::to_string(i + 1), [this] { state_->run(); });
  }
}
Pool::~Pool() = default;

void Pool::submit(Task& /*task*/) {
  // TODO
}

void Pool::shutdown() {
  // TODO: tell the LWPs, those too that sleep.
  for (Thread& lwp : state_->lwps) lwp.join();
}

void Pool::blocking(const std::function<void()>& call) {
  call();  // TODO, optional: not with the permit
}

}  // namespace lab
