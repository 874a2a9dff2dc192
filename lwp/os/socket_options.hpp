// SPDX-License-Identifier: BSL-1.0
// A part of the seam that few need: see lwp/os.hpp for the rest.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "lwp/os.hpp"

namespace weft::lwp::os {

/// The kernel keeps about so many bytes for a reader that does not read, instead of megabytes.
void limit_receive_buffer(int fd, int bytes);
/// The kernel takes about so many bytes that it cannot send yet, instead of megabytes. Connections
/// have it from their listener.
void limit_unsent(int fd, int bytes);
/// The address of the other side, as text in `into`; "" once it is gone.
std::string_view peer_host(int fd, std::span<char> into);
/// Closes a socket so that its peer reads an error (RST), whatever has been sent.
void reset_connection(Fd socket);
/// Bytes sent on a socket that its peer's kernel has not yet acknowledged; 0 if unknown.
std::size_t unsent(int fd);
/// How many descriptors this process may have; first raises that to the most it may ask for.
std::size_t raise_descriptor_limit();
/// Sends small pieces at once: accept() and connect() of the seam have done so already.
void no_delay(int fd);
/// Takes up to so many bytes off a TCP socket without copying them anywhere. EAGAIN if none is
/// there, 0 at the end.
Result<std::size_t> discard(int fd, std::size_t most);

}  // namespace weft::lwp::os
