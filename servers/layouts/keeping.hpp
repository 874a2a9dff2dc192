// SPDX-License-Identifier: BSL-1.0
// What those who keep processes have in common: which signals they take, how they start a process,
// how they speak of it.
#pragma once

#include <functional>
#include <string>

#include "lwp/os.hpp"

namespace weft::servers {

namespace os = lwp::os;

/// Takes a keeper's signals: SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGQUIT, SIGCHLD. Throws
/// std::system_error when the kernel gives no descriptor.
os::Fd take_keepers_signals();

/// Adds a descriptor to be read; throws std::system_error.
void look_at(os::Poller& poller, os::Fd& fd);

/// Forks, and runs `body` there; its result is the exit code, and what it throws is told to `say`.
/// In the process SIGTERM, SIGINT and SIGUSR1 are blocked, so that what it is told before it takes
/// them waits until then; SIGHUP, which a terminal sends to all, is ignored. It gets SIGTERM when
/// its keeper dies.
lwp::Result<os::Process> begin_process(const std::function<int()>& body,
                                       const std::function<void(const std::string&)>& say);

/// "was ended by signal 9 (Killed)"
std::string how(const os::Exit& exit);
/// "0.1 s"
std::string spoken(os::Nanos time);
/// What it adds to the exit code of its keeper.
inline int badness(const os::Exit& exit) {
  return exit.signaled ? 1 : exit.code;
}

}  // namespace weft::servers
