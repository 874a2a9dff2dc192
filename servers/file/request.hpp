// SPDX-License-Identifier: BSL-1.0
// One request's head, parsed and judged. Boost.Beast's parser cuts the head into tokens; it accepts
// more than a server should (`Transfer-Encoding: xchunked` beside a Content-Length, two Hosts or
// none, a thousand fields, `Content-Length: 5, 5`), so what it finds is judged here by RFC 9110 and
// 9112 without mercy.
//
// Rejected: Beast's own incremental reading. It needs the bytes it has half read in one piece
// anyway, allocates for continuation lines, and its header limit counts differently from our
// buffer's. HeadScanner finds the end of the head, then Beast sees it once, whole.
#pragma once

#include <cstddef>
#include <string_view>

namespace weft::servers::file {

inline constexpr std::size_t kMaxFields = 100;

struct Request {
  enum class Method { get, head, other };
  Method method = Method::get;
  bool keep_alive = true;
  bool http_1_0 = false;
  std::string_view target;         ///< path and query, "/" at least; points into the head
  std::string_view if_none_match;  ///< empty: unconditional
};

/// What became of a head: status 0 if it can be answered, else the status to refuse it with.
struct Verdict {
  int status = 0;
  bool close = false;  ///< refused, and the connection's further bytes cannot be trusted
  Request request;     ///< method, keep_alive and http_1_0 are set for a refused one too if known
};

/// REQUIRES: `head` ends with the empty line and has passed HeadScanner.
Verdict judge(std::string_view head);

/// Whether a list of entity tags (or `*`) names `tag`, compared weakly (RFC 9110 section 13.1.2).
bool matches_etag(std::string_view list, std::string_view tag);

}  // namespace weft::servers::file
