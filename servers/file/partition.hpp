// SPDX-License-Identifier: BSL-1.0
// Which of several servers owns a file. Each name has for every server a number drawn by a hash,
// and the highest wins (D. G. Thaler, C. V. Ravishankar, "A Name-Based Mapping Scheme for
// Rendezvous", 1996): all servers agree without asking each other, and one server more takes its
// share from all alike and moves nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft::servers::file {

struct Partition {
  std::string host;                  ///< of all, for a client that names none
  std::vector<std::uint16_t> ports;  ///< of each server
  std::size_t self = 0;              ///< this one's place in ports

  /// The place of a name's owner.
  std::size_t owner(std::string_view name) const;
  bool mine(std::string_view name) const { return owner(name) == self; }
  /// "host:port" of a server, with the host by which a client knows this one (`asked`: a Host
  /// field, empty if there is none).
  std::string authority(std::size_t server, std::string_view asked) const;
};

}  // namespace weft::servers::file
