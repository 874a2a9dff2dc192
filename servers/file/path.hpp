// SPDX-License-Identifier: BSL-1.0
// From a request target to a name below the root: the query is cut off, percent-encoding undone,
// `.` and `..` resolved (RFC 3986 section 5.2.4). The name is only a name: that nothing outside the
// root is reached, whatever links lie there, is os::open_beneath's promise.
#pragma once

#include <string>
#include <string_view>

namespace weft::servers::file {

/// What a folder answers with if it is there.
inline constexpr std::string_view kIndex = "index.html";

enum class Path {
  ok,  ///< `name` is the file's, without a leading slash; a folder's ends with one, the root's is
       ///< ""
  malformed,  ///< bad encoding, NUL, a fragment, above the root: 400
  nothing,    ///< an encoded slash: no file has such a name, 404
};

/// REQUIRES: `target` begins with '/' or '?'. Uses `name`'s memory again.
Path resolve(std::string_view target, std::string& name);

/// Appends a name as it stands in a target or a link: percent-encoded, slashes kept.
void append_encoded(std::string_view name, std::string& to);

}  // namespace weft::servers::file
