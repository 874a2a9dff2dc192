// SPDX-License-Identifier: BSL-1.0
// What a server lets its clients take: memory, descriptors, time. One place, for all services and
// models.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lwp/os.hpp"

namespace weft::servers {

namespace os = lwp::os;

struct Limits {
  // Of a request.
  std::size_t request_line = 8 * 1024;          ///< bytes; a longer one is 414
  std::size_t head = 8 * 1024;                  ///< request line and fields; more is 431
  std::uint64_t body = std::uint64_t{1} << 30;  ///< more is 413

  // Of all: who comes beyond them is told 503, and when to come again.
  std::size_t connections = 0;  ///< open at once; 0: half of the descriptors that there may be
  std::size_t queue = 4096;     ///< requests that wait for a worker; 0: any number
  int retry_after = 1;          ///< seconds

  // Of time. Who is late is told 408, or is cut off where it is no longer in a position to hear.
  os::Nanos head_time = 20 * os::kSecond;  ///< from the first byte of a head to its last
  os::Nanos body_time = 60 * os::kSecond;  ///< for the next 64 KiB of a body to come
  os::Nanos send_time = 60 * os::kSecond;  ///< for the next 64 KiB of an answer to go
  os::Nanos idle_time = 60 * os::kSecond;  ///< from an answer to the next request

  // Of slowness, while we wait for a peer in the middle of a request or an answer (pace.hpp).
  std::uint64_t rate = 500;            ///< bytes a second; 0: any
  os::Nanos grace = 10 * os::kSecond;  ///< a peer may fall so far behind that rate
};

}  // namespace weft::servers
