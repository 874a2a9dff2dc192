// SPDX-License-Identifier: BSL-1.0
// A pool whose tasks are state machines: no stacks, no contexts, no fibers.
#pragma once

#include <functional>

#include "lwp/dump.hpp"
#include "lwp/pool.hpp"

namespace weft::lwp::testing {

class TestPool final : public Pool {
 public:
  using Pool::Pool;
  void park(Core&, Reason) override { broken("a state machine has no stack to park on"); }
  void yield(Core&) override { broken("a state machine has no stack to yield from"); }
};

/// A task that runs a step each time it is dispatched. The step runs in core and says how it left.
class Machine final : public Task {
 public:
  using Step = std::function<How(Lwp&, Machine&)>;
  Machine(TestPool& pool, Step step) : step_(std::move(step)) { home = &pool; }

  Left run(Lwp& lwp) override {
    How how = step_(lwp, *this);
    if (how == How::yielded) {
      leaving.store(true, memory_order_relaxed);
      static_cast<TestPool*>(home)->make_ready(lwp, *this, Why::yielded);
    }
    return {this, how};
  }
  void recycle() override { recycled.fetch_add(1); }

  atomic<int> recycled{0};

 private:
  Step step_;
};

/// A raw kernel sleep that another task ends.
class Gate {
 public:
  Gate() : pipe_(std::move(os::pipe()).value()) {}
  void open() {
    std::byte one[1]{};
    (void)os::write(pipe_[1].get(), one).error();
  }
  void pass() {
    std::byte one[1];
    (void)os::read(pipe_[0].get(), one).error();
  }

 private:
  std::array<os::Fd, 2> pipe_;
};

/// Runs `f` outside core, on the task's LWP.
template <class F>
void outside_core(Lwp& lwp, F&& f) {
  leave(lwp);
  f();
  enter(lwp);  // takes the permit back if it is gone
}

}  // namespace weft::lwp::testing
