// SPDX-License-Identifier: BSL-1.0
// Given. The threads of a program, many on one LWP: the kernel knows of none of them, and none is
// stopped against its will. The lab fills in package.cpp.
#pragma once

#include <functional>

namespace lab {

/// A thread. What is in it you decide.
struct Thread;

/// At most so many exist at any time, beside the first: made, and neither joined nor ended and
/// detached.
inline constexpr int kThreads = 8;

/// Makes the caller the first thread, on the stack that it has. Called once, before all else. A
/// stack that the package needs for itself is taken here.
void start();

/// Makes a thread that will run `body`, and puts it at the tail of the ready queue. The caller goes
/// on. No exception leaves `body`.
Thread* create(std::function<void()> body);

/// Puts the caller at the tail of the ready queue and runs the head: everyone who is ready comes
/// before it. The first thread takes its turns like any other.
void yield();

/// Ends the caller and runs the head of the ready queue. Never returns. A thread whose body returns
/// ends in the same way. The first thread may end, too, and the others go on.
void exit();

/// Waits until `thread` has ended. Whoever waits is not in the ready queue; it comes to its tail
/// when `thread` ends. When join returns, the stack of `thread` has been given back, and the thread
/// exists no more. Every thread is joined or detached, by anyone, once.
void join(Thread* thread);

/// Nobody will join `thread`: when it has ended, or has already, it goes by itself. Before anything
/// of the next thread's body runs, its stack has been given back.
void detach(Thread* thread);

// Where a thread would have to wait and nobody is ready, the package calls deadlock().

}  // namespace lab
