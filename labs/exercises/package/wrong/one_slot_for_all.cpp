// SPDX-License-Identifier: BSL-1.0
// expect: package.not-saved
// Whoever switches is saved in the same place.
#include <deque>
#include <utility>

#include "context.hpp"
#include "package.hpp"

namespace lab {

struct Thread {
  std::function<void()> body;
  Stack* stack = nullptr;  // the first thread has none of ours
  Context context;
  bool ended = false;
  bool detached = false;
  Thread* joiner = nullptr;
};

namespace {

struct State {
  Thread* running = nullptr;
  Context here;
  std::deque<Thread*> ready;     // the head runs next
  Thread* to_destroy = nullptr;  // has ended and is detached, but was still on its stack
};
State* state = nullptr;

void destroy(Thread* thread) {
  give_stack(thread->stack);
  delete thread;
}

// What the thread that was left cannot do itself.
void arrive() {
  if (Thread* thread = std::exchange(state->to_destroy, nullptr)) destroy(thread);
}

// Runs the head of the queue; returns when the caller is run again.
void run_next() {
  if (state->ready.empty()) deadlock();
  state->running = state->ready.front();
  state->ready.pop_front();
  switch_to(state->here, state->running->context);
  arrive();
}

void begin() {
  arrive();
  state->running->body();
  exit();
}

}  // namespace

void start() {
  state = new State;
  state->running = new Thread;
}

Thread* create(std::function<void()> body) {
  auto* thread = new Thread;
  thread->body = std::move(body);
  thread->stack = take_stack();
  thread->context = make_context(thread->stack, begin);
  state->ready.push_back(thread);
  return thread;
}

void yield() {
  state->ready.push_back(state->running);
  run_next();
}

void exit() {
  Thread* self = state->running;
  self->ended = true;
  if (self->joiner != nullptr) state->ready.push_back(self->joiner);
  if (self->detached) state->to_destroy = self;
  run_next();
}

void join(Thread* thread) {
  if (!thread->ended) {
    thread->joiner = state->running;
    run_next();
  }
  destroy(thread);
}

void detach(Thread* thread) {
  thread->detached = true;
  if (thread->ended) destroy(thread);
}

}  // namespace lab
