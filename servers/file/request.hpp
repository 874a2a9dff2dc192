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
#include <cstdint>
#include <string_view>

#include "servers/file/conditions.hpp"

namespace weft::servers::file {

inline constexpr std::size_t kMaxFields = 100;

enum class Method : std::uint8_t { get, head, options, put, remove, mkcol, copy, move, other };

struct Request {
  Method method = Method::get;
  bool keep_alive = true;
  bool http_1_0 = false;
  bool chunked = false;  ///< the body comes in chunks
  bool expects_continue = false;
  bool partial_put = false;   ///< Content-Range
  std::uint64_t length = 0;   ///< of a body that is not chunked
  std::string_view target{};  ///< path and query, "/" at least, or "*"; points into the head
  std::string_view host{};
  Conditions conditions{};
  std::string_view range{};
  std::string_view referer{}, agent{};                   ///< for the access log; the last of each
  std::string_view destination{}, depth{}, overwrite{};  ///< of COPY and MOVE; null data: absent
  bool has_body() const { return chunked || length > 0; }
};

/// What became of a head: status 0 if it can be answered, else the status to refuse it with.
struct Verdict {
  int status = 0;
  bool close = false;  ///< refused, and the connection's further bytes cannot be trusted
  Request request;     ///< method, keep_alive and http_1_0 are set for a refused one too if known
};

/// REQUIRES: `head` ends with the empty line and has passed HeadScanner.
Verdict judge(std::string_view head);

/// HEAD or, what is as good where nothing is answered but a refusal, GET: by the first bytes of
/// what need not be a head. Even a refusal has no content if none was asked for (RFC 9110
/// section 9.3.2).
Method asked_by(std::string_view head);

/// Cuts `http://authority` from an absolute target, and gives the authority; false if the target is
/// of no form that names a file (RFC 9112 section 3.2).
bool to_origin_form(std::string_view& target, std::string_view& authority);

}  // namespace weft::servers::file
