// SPDX-License-Identifier: BSL-1.0
// The socket that a server listens on: made by itself, or given by whoever started it.
#pragma once

#include "lwp/os.hpp"
#include "servers/refusal.hpp"

namespace weft::servers {

namespace os = lwp::os;

/// Listens at an address. Nothing, and why, if the kernel refuses; a port that is taken is
/// kMachineLacks.
os::Fd listen_at(const os::Address& address, Refusal& why);

/// The listening socket that the process was started with by the protocol of sd_listen_fds(3)
/// (LISTEN_PID, LISTEN_FDS): who starts it holds the port, and can start it when a client comes.
/// Nothing, and no reason, if there is none; more than one, or one that does not listen, is
/// refused.
os::Fd given_listener(Refusal& why);

}  // namespace weft::servers
