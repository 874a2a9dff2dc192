// SPDX-License-Identifier: BSL-1.0
// What a query asks of the state at this server: ?cursor=…, ?watch, ?transfer=…, ?owner. Any other
// is ignored, as files have no use for it.
#pragma once

#include <cstdint>
#include <string_view>

#include "servers/file/request.hpp"

namespace weft::servers::file {

struct Query {
  enum class Kind : std::uint8_t {
    none,
    open,       ///< GET ?cursor=open[&from=OFFSET][&lease=SECONDS]
    cursor,     ///< GET ?cursor=ID[&bytes=N]: its next bytes; DELETE: no more of it
    watch,      ///< GET ?watch[&seconds=N]
    transfer,   ///< DELETE ?transfer=ID
    owner,      ///< GET ?owner: who has this name, of several servers
    malformed,  ///< one of these, but not so, or with the wrong method of the two
  };
  Kind kind = Kind::none;
  std::uint64_t id = 0;
  std::uint64_t from = 0;
  std::uint64_t bytes = 64 * 1024;
  os::Nanos lease = 0;  ///< 0: none
  os::Nanos wait = 30 * os::kSecond;
};

inline constexpr std::uint64_t kLongestLease = 24 * 60 * 60;  // seconds
inline constexpr std::uint64_t kLongestWait = 5 * 60;

/// Of a GET or a DELETE; others have none.
Query parse_query(Method method, std::string_view target);

}  // namespace weft::servers::file
