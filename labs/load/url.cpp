// SPDX-License-Identifier: BSL-1.0
#include "labs/load/url.hpp"

#include <charconv>

#include "servers/endpoint.hpp"

namespace weft::labs::load {
namespace {

bool only(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == text.npos;
}

bool is_address(std::string_view host, bool bracketed) {
  return bracketed ? only(host, "0123456789abcdefABCDEF:.") : only(host, "0123456789.");
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

// But for what the authority means.
std::optional<Url> cut(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with(kScheme)) text.remove_prefix(kScheme.size());
  for (unsigned char c : text)
    if (c <= ' ' || c == 0x7F) return std::nullopt;  // would break the request line

  Url url;
  std::size_t slash = text.find_first_of("/?");
  url.authority = text.substr(0, slash);
  if (slash != text.npos) url.target = text.substr(slash);
  if (url.target[0] == '?') url.target.insert(0, "/");
  url.target.resize(std::min(url.target.size(), url.target.find('#')));
  return url;
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  auto url = cut(text);
  if (!url) return std::nullopt;
  const std::string_view authority = url->authority;
  bool bracketed = authority.starts_with('[');
  std::size_t host_end = bracketed ? authority.find(']') : authority.find(':');
  if (bracketed && host_end == authority.npos) return std::nullopt;
  std::string_view host =
      bracketed ? authority.substr(1, host_end - 1) : authority.substr(0, host_end);
  std::string_view rest =
      authority.substr(std::min(authority.size(), host_end + (bracketed ? 1 : 0)));
  if (host == "localhost") host = "127.0.0.1";
  if (!is_address(host, bracketed)) return std::nullopt;
  url->address.host = host;
  url->address.port = 80;
  if (!rest.empty()) {
    auto port = rest[0] == ':' ? parse_port(rest.substr(1)) : std::nullopt;
    if (!port) return std::nullopt;
    url->address.port = *port;
  }
  return url;
}

std::optional<Url> parse_named_url(std::string_view text) {
  auto url = cut(text);
  return url && servers::is_endpoint_name(url->authority) ? url : std::nullopt;
}

std::string request_for(const Url& url, bool keep_alive) {
  return "GET " + url.target + " HTTP/1.1\r\nHost: " + url.authority +
         "\r\nUser-Agent: weft-load\r\nConnection: " + (keep_alive ? "keep-alive" : "close") +
         "\r\n\r\n";
}

}  // namespace weft::labs::load
