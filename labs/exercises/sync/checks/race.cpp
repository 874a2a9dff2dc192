// SPDX-License-Identifier: BSL-1.0
// Two fibers on two LWPs, at the same time.
#include "stage.hpp"

void program() {
  using namespace stage;
  lab::Mutex mutex;
  Inside inside;
  auto visit = [&] {
    mutex.lock();
    inside.visit();
    mutex.unlock();
  };
  Fiber other = spawn({.name = "other"}, visit);
  visit();
}
