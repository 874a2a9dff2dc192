// SPDX-License-Identifier: BSL-1.0
#include "servers/endpoint.hpp"

#include <algorithm>
#include <charconv>

#include "lwp/os/addresses.hpp"

namespace weft::servers {

std::optional<os::Address> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  os::Address out{.host = std::string(host), .port = 0};
  const char* end = digits.data() + digits.size();
  const auto [last, error] = std::from_chars(digits.data(), end, out.port);
  const bool sound = error == std::errc() && last == end && out.port != 0 &&
                     bracketed == (host.find(':') != host.npos) && os::is_address(out.host);
  return sound ? std::optional(out) : std::nullopt;
}

std::string text_of(const os::Address& endpoint) {
  const std::string port = ":" + std::to_string(endpoint.port);
  return endpoint.host.find(':') == std::string::npos ? endpoint.host + port
                                                      : "[" + endpoint.host + "]" + port;
}

bool is_endpoint_name(std::string_view text) {
  auto allowed = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace weft::servers
