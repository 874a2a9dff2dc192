// SPDX-License-Identifier: BSL-1.0
// The least that an echo server can be: one thread, and the calls that the kernel needs. What our
// servers add to that (sessions, deadlines, counters, fibers) is what the benchmark shows.
#pragma once

#include "lwp/os.hpp"

namespace weft::labs::bench {

namespace os = lwp::os;

/// Serve for ever clients that read what they are sent: a send is never short.
int echo_by_epoll(int listener);
int echo_by_uring(int listener);

}  // namespace weft::labs::bench
