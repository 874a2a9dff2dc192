// SPDX-License-Identifier: BSL-1.0
// A plain kernel thread takes part in a runtime: while an Attached lives, the thread that made it
// may spawn fibers, join them, and use every primitive with them. It stays a kernel thread: its
// park is a futex, its socket waits are ppoll, it runs no fibers and needs no permit.
//
//   os::Thread thread("feeder", [&] {
//     Attached here(runtime);
//     channel.send(42);
//   });
//
// What it costs the others: in a runtime with one permit (many-to-one) primitives need no locks,
// since only the permit's holder is in core (lwp/core.hpp). While threads are attached they do.
// The switch is made by the permit's holder between two fibers, so attaching waits for that: while
// a fiber computes or blocks the only LWP, nobody gets in.
//
// A run does not end while a thread is attached. A thread that waits for fibers that wait for it is
// part of the deadlock, and is reported with it.
#pragma once

#include <string_view>

#include "fibers/engine.hpp"
#include "fibers/runtime.hpp"

namespace weft::fibers {

class AttachedTask;

class Attached {
 public:
  /// Waits until the runtime runs. REQUIRES a thread that is no fiber and not attached. `name` is
  /// shown in dumps.
  explicit Attached(Runtime& runtime, std::string_view name = "attached thread");
  /// By the same thread. Its fiber-local values are destroyed.
  ~Attached();
  Attached(const Attached&) = delete;

 private:
  EngineBase& engine_;
  AttachedTask* task_;
};

}  // namespace weft::fibers
