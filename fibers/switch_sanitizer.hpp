// SPDX-License-Identifier: BSL-1.0
// Tells the sanitizers about a change of stacks. AddressSanitizer must know the bounds of the stack
// that runs, ThreadSanitizer which fiber runs. Debian's Boost.Context is built without these hooks,
// so they are called here, around the jump. In other builds all of it is nothing.
#pragma once

#include <cstddef>

#include "lwp/sanitizer.hpp"

#ifdef WEFT_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace weft::fibers::sanitizer {

#ifdef WEFT_ASAN

class Context {
 public:
  void create(const void* bottom, std::size_t bytes) {
    bottom_ = bottom;
    bytes_ = bytes;
    fake_stack_ = nullptr;
  }
  void adopt_thread() {}
  void destroy() {}
  void leave_for(Context& next) {
    __sanitizer_start_switch_fiber(&fake_stack_, next.bottom_, next.bytes_);
  }
  /// The last departure: its fake stack is freed.
  void leave_for_ever(Context& next) {
    __sanitizer_start_switch_fiber(nullptr, next.bottom_, next.bytes_);
  }
  void arrived() { __sanitizer_finish_switch_fiber(fake_stack_, nullptr, nullptr); }
  /// The first arrival; `from` is the loop if it is the one that left: its bounds are learnt here.
  void arrived_first(Context* loop) {
    const void* bottom = nullptr;
    std::size_t bytes = 0;
    __sanitizer_finish_switch_fiber(nullptr, &bottom, &bytes);
    if (loop != nullptr) {
      loop->bottom_ = bottom;
      loop->bytes_ = bytes;
    }
  }

 private:
  const void* bottom_ = nullptr;
  std::size_t bytes_ = 0;
  void* fake_stack_ = nullptr;
};

#elif defined(WEFT_TSAN)

class Context {
 public:
  void create(const void*, std::size_t) {
    destroy();
    fiber_ = __tsan_create_fiber(0);
    owned_ = true;
  }
  void adopt_thread() { fiber_ = __tsan_get_current_fiber(); }
  void destroy() {
    if (owned_) __tsan_destroy_fiber(fiber_);
    owned_ = false;
  }
  // 1: a switch alone orders nothing, so races between fibers of one LWP are seen.
  void leave_for(Context& next) { __tsan_switch_to_fiber(next.fiber_, 1); }
  void leave_for_ever(Context& next) {
    void* to = next.fiber_;        // read in core, where it is not a race
    lwp::sanitizer::leave_core();  // the fiber ends with nothing ignored
    __tsan_switch_to_fiber(to, 1);
  }
  void arrived() {}
  void arrived_first(Context*) {}

 private:
  void* fiber_ = nullptr;
  bool owned_ = false;
};

#elif defined(WEFT_SIM)

namespace sim = lwp::sim;

// As for ThreadSanitizer: the simulated world looks for data races, too.
class Context {
 public:
  void create(const void* bottom, std::size_t bytes) {
    sim::forget(bottom, bytes);
    actor_ = sim::new_actor();
  }
  void adopt_thread() { actor_ = sim::current_actor(); }
  void destroy() {}
  void leave_for(Context& next) { sim::act_as(next.actor_); }
  void leave_for_ever(Context& next) {
    lwp::sanitizer::leave_core();
    sim::act_as(next.actor_);
  }
  void arrived() {}
  void arrived_first(Context*) {}

 private:
  int actor_ = 0;
};

#else

class Context {
 public:
  void create(const void*, std::size_t) {}
  void adopt_thread() {}
  void destroy() {}
  void leave_for(Context&) {}
  void leave_for_ever(Context&) {}
  void arrived() {}
  void arrived_first(Context*) {}
};

#endif

}  // namespace weft::fibers::sanitizer
