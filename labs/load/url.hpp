// SPDX-License-Identifier: BSL-1.0
// http://127.0.0.1:8080/path, and nothing else: an address, not a name (no resolver runs while we
// measure), and no TLS. With --names it is a name, which a names server knows.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lwp/os.hpp"

namespace weft::labs::load {

struct Url {
  lwp::os::Address address;
  std::string authority;  ///< as typed, for the Host field
  std::string target = "/";
};

/// Reads "http://ADDRESS[:PORT][/path?query]" or the same without "http://"; IPv6 in brackets;
/// "localhost" is 127.0.0.1. Nothing if it is not such a URL.
std::optional<Url> parse_url(std::string_view text);

/// Reads "http://NAME[/path?query]": a name that a names server knows (servers/names.hpp). The
/// address is not yet known.
std::optional<Url> parse_named_url(std::string_view text);

/// A GET request for it.
std::string request_for(const Url& url, bool keep_alive);

}  // namespace weft::labs::load
