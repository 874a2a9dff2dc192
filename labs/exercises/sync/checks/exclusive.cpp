// SPDX-License-Identifier: BSL-1.0
// Two fibers on one LWP; each lets the other run while it is inside.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Mutex mutex;
  Inside inside;
  auto visit = [&] {
    mutex.lock();
    inside.enter();
    yield();
    inside.leave();
    mutex.unlock();
  };
  Fiber first = spawn({.name = "first"}, visit);
  Fiber second = spawn({.name = "second"}, visit);
}
