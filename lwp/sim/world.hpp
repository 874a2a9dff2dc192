// SPDX-License-Identifier: BSL-1.0
// The simulated world: the runtime itself, run step by step in one kernel thread, so that every
// interleaving can be chosen and chosen again.
//
// A kernel thread of the program (os::Thread, and so each LWP) is here a context of its own. Each
// operation on an atomic is a *point*: before it a chooser may let another thread go on. Threads
// that wait in the kernel (futex, poller, join, sleep) go on when what they wait for is there; the
// clock stands still, and moves to the next deadline only when nobody can go on without.
//
// What is seen: every order of the operations on atomics, one after the other (sequential
// consistency); and, in a program that was compiled to tell of them, accesses to plain memory that
// nothing orders. What is not: reorderings that weak memory allows.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "lwp/sim/places.hpp"
#include "lwp/sim/point.hpp"

namespace weft::lwp::sim {

/// A place where the world asks who goes on.
struct Choice {
  std::uint64_t step;        ///< points passed before
  int current;               ///< the thread that came here; -1: it waits, or has ended
  bool yields;               ///< it says that others may go first (spins, yields)
  std::vector<int> threads;  ///< that can go on; the first is who goes on without a reason
  /// If it is no switch: 1 says that the fault happens here; the value that choose() returns.
  enum class Of : std::uint8_t { threads, fault, value } of = Of::threads;
};

class Chooser {
 public:
  virtual ~Chooser() = default;
  /// An index into choice.threads, of which there are two at least.
  virtual std::size_t choose(const Choice& choice) = 0;
};

/// One step of a run, for its story.
struct Step {
  std::uint64_t number;  ///< of the points passed before
  int thread;            ///< of Run::names
  std::uint64_t fiber;   ///< its number; 0: the thread runs none
  std::string who;       ///< the fiber's name, "" if it has none
  const char* file;      ///< of the operation: most often a header of weft; "" if unknown
  unsigned line;
  std::string operation;  ///< "store", "futex wait", "waits for mutex", …
  const void* object;     ///< what it is done to
  bool event;             ///< it is no operation, but what one came to
  /// The calls that led here, of those in Limits::module, the innermost first.
  std::vector<const void*> calls;
};

struct Run {
  enum class Verdict { passed, failed, deadlock, too_long };
  Verdict verdict = Verdict::passed;
  std::string what;            ///< the property that broke
  Kind kind = Kind::property;  ///< if it failed
  std::string blocked_in;      ///< a call of the program's own that keeps an LWP: "read"; or ""
  std::vector<std::pair<std::string, double>> figures;  ///< that the program told, in order
  std::uint64_t races_with = 0;  ///< of a data race: the step of the earlier access
  std::uint64_t steps = 0;
  std::vector<Step> story;         ///< the last steps, if asked for
  std::vector<std::string> names;  ///< of the threads
};

struct Limits {
  std::uint64_t steps = 100'000;
  Places* places = nullptr;  ///< choose there only; null: at every point
  std::size_t story = 0;     ///< steps to remember
  /// What the runtime does inside is no choice: a call of its is one step, before which others may
  /// go on. The runtime itself is explored without.
  bool calls_are_steps = false;
  /// Plain memory is watched for data races where there is a second thread: of fibers, or, with one
  /// LWP for all fibers, of that and other threads.
  enum class Plain { unseen, of_threads, of_fibers } plain = Plain::unseen;
  bool faults = false;  ///< what the world may do is chosen, too: see fault()
  /// The code of the program, where it is apart from weft's: Step::calls is looked for there.
  std::span<const std::byte> module = {};
  /// Where its variables lie, and what they owned from the start: what these lead to is no leak.
  std::vector<std::span<std::byte>> variables = {};
};

/// Runs `program` as thread 0 of a new world. One at a time in a process. The memory of a run that
/// does not pass is not given back: its threads are left where they stand.
Run run(const std::function<void()>& program, Chooser& chooser, const Limits& limits = {});

/// A property of the program. Where it does not hold the run ends there, failed.
void check(bool holds, const char* property);

}  // namespace weft::lwp::sim
