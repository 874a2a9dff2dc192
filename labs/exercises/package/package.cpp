// SPDX-License-Identifier: BSL-1.0
// A thread package. package.hpp says what its functions promise, context.hpp what you build it
// from. Work in the order of the checks: `create`, `yield` and `exit` make the first green, then
// comes `join`, then `detach`.
#include "package.hpp"

#include <deque>

#include "context.hpp"

namespace lab {

struct Thread {
  std::function<void()> body;
  Stack* stack = nullptr;  // the first thread has none of ours
  Context context;
  // TODO: what else must be known of a thread, for whoever joins it?
};

namespace {

// What the package knows. A program is run more than once, so start() makes a new one each time.
struct State {
  Thread* running = nullptr;
  std::deque<Thread*> ready;  // the head runs next
};
State* state = nullptr;

// Where the context of a new thread begins.
[[maybe_unused]] void begin() {
  // TODO: run the body. Whose? And what comes after it, where there is nobody to return to?
}

}  // namespace

void start() {
  state = new State;
  // TODO: the caller is a thread, too: who yields has to be saved somewhere.
}

Thread* create(std::function<void()> body) {
  // TODO: a thread with a stack and a context that begins in begin(); then make it ready.
  (void)body;
  return nullptr;
}

void yield() {
  // TODO: to the tail of the queue; then switch to the head.
}

void exit() {
  // TODO: as yield(), but not into the queue. You stand on your stack until you have left it.
}

void join(Thread* thread) {
  // TODO: wait without being ready. Who makes you ready again?
  (void)thread;
}

void detach(Thread* thread) {
  // TODO: nobody joins: who gives the stack back?
  (void)thread;
}

}  // namespace lab
