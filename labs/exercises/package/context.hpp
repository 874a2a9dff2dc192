// SPDX-License-Identifier: BSL-1.0
// Given. What a thread package is built from: stacks, contexts, and the switch between them.
#pragma once

namespace lab {

/// Room for the calls of one thread: 64 KiB. There are 16 of them.
struct Stack;

Stack* take_stack();
/// REQUIRES that nobody stands on it: not the caller either.
void give_stack(Stack* stack);

/// Where somebody goes on: its registers lie on its own stack. Each save makes another one.
struct Context {
  Stack* stack = nullptr;
  unsigned number = 0;  // of the saves on that stack
};

/// A context on `stack` that begins with a call of `entry`. Nothing runs yet. `entry` must not
/// return: nobody has called it.
Context make_context(Stack* stack, void (*entry)());

/// Saves the caller in `from` and goes on as `to`, which was made, or saved by an earlier switch,
/// and has not gone on since. Returns when somebody switches to `from`; at once if both are the
/// same object.
void switch_to(Context& from, const Context& to);

/// Says that every thread waits, so that nobody can ever go on, and ends the program.
[[noreturn]] void deadlock();

}  // namespace lab
