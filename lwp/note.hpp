// SPDX-License-Identifier: BSL-1.0
// What the runtime tells of itself to the story of a simulated run: who waits for what, who wakes
// whom. In other builds nothing is told.
#pragma once

#ifdef WEFT_SIM
#include "lwp/sim/point.hpp"
#include "lwp/task.hpp"
#endif

#include <string_view>

namespace weft::lwp {

class Task;

#ifdef WEFT_SIM
inline void note(const char* what, const void* object, std::string_view name) {
  sim::note(what, object, name);
}
inline void note(const char* what, const Task& task) {
  sim::note(what, task);
}
/// Whether anybody listens.
inline bool is_told() {
  return sim::is_told();
}
/// The task spins: others go first, where they can.
inline void spins() {
  sim::spin();
}
/// Whether something happens here that may happen at any time.
inline bool fault(const char* what) {
  return sim::fault(what);
}
/// Ends the run.
[[noreturn]] inline void run_fails(std::string_view what) {
  sim::fail(what);
}
[[noreturn]] inline void run_deadlocks() {
  sim::deadlock("every fiber waits, and nothing can wake one of them");
}
#else
inline void spins() {}
inline constexpr bool fault(const char*) {
  return false;
}
inline void run_fails(std::string_view) {}
inline void run_deadlocks() {}
inline constexpr bool is_told() {
  return false;
}
inline void note(const char*, const void*, std::string_view) {}
inline void note(const char*, const Task&) {}
#endif

}  // namespace weft::lwp
