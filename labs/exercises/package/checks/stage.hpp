// SPDX-License-Identifier: BSL-1.0
// Stacks and contexts as the checks give them: they count, and say what must not be done with them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <sys/mman.h>
#include <utility>

#include "context.hpp"
#include "fibers/explore.hpp"
#include "fibers/switch_bare.hpp"
#include "package.hpp"

struct lab::Stack {
  weft::fibers::Stack* memory = nullptr;
  bool taken = false;
  int thread = 0;  // whose it is; they are counted
  void (*entry)() = nullptr;
  std::optional<weft::fibers::BareContext> saved;  // who stands on it, unless it runs
  unsigned saves = 0;

  bool has(const void* address) const {
    return memory != nullptr && address >= memory->bottom() && address < memory->top();
  }
  lab::Context save(weft::fibers::BareContext context) {
    saved = context;
    return {this, ++saves};
  }
};

namespace stage {

using weft::fibers::BareContext;

inline constexpr std::size_t kBytes = 64 * 1024;
inline constexpr int kStacks = 16, kMostSwitches = 100'000;

inline lab::Stack main_stack;  // of the first thread
inline lab::Stack stacks[kStacks];
inline int alive = 0, most_alive = 0;       // stacks taken
inline int threads = 0;                     // contexts made
inline int switches = 0;                    // calls of switch_to
inline int turns_of_main = 0;               // how often the first thread has gone on
inline lab::Context* left = nullptr;        // where the last to leave is to be saved
inline lab::Stack* left_stack = nullptr;    // on which it stands
inline std::optional<BareContext> home;     // program()
inline const std::function<void()>* first;  // what the first thread does
inline const char* blame = nullptr;         // what it means if now somebody wrong is run
inline bool deadlock_is_right = false;

[[noreturn]] inline void fail(const char* message) {
  weft::check(false, message);
  std::terminate();
}
// What is wrong with whoever is to run next.
[[noreturn]] inline void fail_to_run(const char* message) {
  fail(blame != nullptr ? blame : message);
}

// For the story.
inline void tell(const std::string& what) {
  weft::lwp::sim::note(what.c_str());
}
inline std::string who(const lab::Stack* stack) {
  if (stack == nullptr) return "nobody";
  return stack == &main_stack ? "main" : std::to_string(stack->thread);
}

inline bool is_stack(const lab::Stack* stack) {
  return stack >= stacks && stack < std::end(stacks);
}
/// The caller's.
inline lab::Stack& own_stack() {
  const void* here = __builtin_frame_address(0);
  auto* stack = std::ranges::find_if(stacks, [=](auto& s) { return s.has(here); });
  return stack == std::end(stacks) ? main_stack : *stack;
}

// On the new side of a switch: who was left is saved.
inline void arrive(BareContext from) {
  *left = left_stack->save(from);
  if (&own_stack() == &main_stack) ++turns_of_main;
}

inline void call(const std::function<void()>& body) {
  try {
    body();
  } catch (const std::exception& error) {
    tell(error.what());
    fail("throws");
  }
}

inline void begin(BareContext from) {
  arrive(from);
  call(own_stack().entry);
  fail_to_run("entry-returns");
}

/// Back to program(), whatever the threads do.
[[noreturn]] inline void leave() {
  home->switch_to();
  std::terminate();
}

inline void begin_main(BareContext from) {
  home = from;
  call(*first);
  leave();
}

/// Calls `body` on a stack of its own, where it becomes the first thread.
inline void run(const std::function<void()>& body) {
  first = &body;
  main_stack.memory = new weft::fibers::Stack(4 * kBytes);
  BareContext::on<begin_main>(*main_stack.memory).switch_to();
}

inline lab::Thread* create(std::function<void()> body) {
  lab::Thread* thread = lab::create(std::move(body));
  weft::check(thread != nullptr, "no-thread");
  return thread;
}

/// The caller yields until `done`, some times at most.
inline void yield_until(const bool& done) {
  for (int i = 0; i < 10 && !done; ++i) lab::yield();
}

/// So many stacks are taken as at another time.
inline void expect_alive(int before, const char* message) {
  if (alive == before) return;
  weft::figure("alive", alive - before);
  fail(message);
}

}  // namespace stage

lab::Stack* lab::take_stack() {
  auto* stack = std::ranges::find(stage::stacks, false, &Stack::taken);
  weft::check(stack != std::end(stage::stacks), "no-stack-left");
  if (stack->memory == nullptr) stack->memory = new weft::fibers::Stack(stage::kBytes);
  ::mprotect(stack->memory->bottom(), stage::kBytes, PROT_READ | PROT_WRITE);
  stack->taken = true;
  stage::most_alive = std::max(stage::most_alive, ++stage::alive);
  return stack;
}

// Until it is taken again, nobody can touch it.
void lab::give_stack(Stack* stack) {
  weft::check(stage::is_stack(stack), "gives-no-stack");
  weft::check(stack->taken, "gives-twice");
  weft::check(stack != &stage::own_stack(), "gives-own-stack");
  stage::tell("gives stack " + stage::who(stack));
  ::mprotect(stack->memory->bottom(), stage::kBytes, PROT_NONE);
  stack->taken = false;
  stack->saved.reset();
  --stage::alive;
}

lab::Context lab::make_context(Stack* stack, void (*entry)()) {
  weft::check(stage::is_stack(stack) && stack->taken, "no-own-stack");
  weft::check(!stack->saved && stack != &stage::own_stack(), "shares-a-stack");
  stack->entry = entry;
  stack->thread = ++stage::threads;
  stage::tell("makes " + stage::who(stack));
  return stack->save(stage::BareContext::on<stage::begin>(*stack->memory));
}

void lab::switch_to(Context& from, const Context& to) {
  Stack& own = stage::own_stack();
  stage::tell(stage::who(&own) + "→" + stage::who(to.stack));
  if (++stage::switches > stage::kMostSwitches) stage::fail_to_run("no-end");
  if (&from == &to) return;
  Stack* there = to.stack;
  if (there == nullptr) stage::fail_to_run("not-saved");
  if (!there->taken && there != &stage::main_stack) stage::fail_to_run("runs-the-dead");
  if (!there->saved || there->saves != to.number) stage::fail_to_run("not-saved");
  stage::left = &from;
  stage::left_stack = &own;
  auto context = *std::exchange(there->saved, std::nullopt);
  context.switch_to();
  stage::arrive(context);
}

void lab::deadlock() {
  if (stage::deadlock_is_right) stage::leave();
  stage::fail_to_run("nobody-ready");
}
