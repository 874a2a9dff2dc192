// SPDX-License-Identifier: BSL-1.0
#include "servers/file/response.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>

namespace weft::servers::file {

EntityTag::EntityTag(const os::FileInfo& file) {
  char* at = text_.data();
  char* end = at + text_.size();
  auto hex = [&](std::uint64_t number) { at = std::to_chars(at, end, number, 16).ptr; };
  *at++ = '"';
  hex(file.inode);
  *at++ = '-';
  hex(file.size);
  *at++ = '-';
  hex(static_cast<std::uint64_t>(file.mtime));
  *at++ = '"';
  size_ = static_cast<std::size_t>(at - text_.data());
}

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 307:
      return "Temporary Redirect";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 507:
      return "Insufficient Storage";
    default:
      return "Internal Server Error";
  }
}

std::string retry_after(const Limits& limits) {
  return "Retry-After: " + std::to_string(limits.retry_after) + "\r\n";
}

Writer& Writer::operator<<(std::string_view text) {
  assert(size_ + text.size() <= into_.size());
  std::ranges::copy(std::as_bytes(std::span(text)),
                    into_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += text.size();
  return *this;
}
Writer& Writer::operator<<(std::uint64_t number) {
  char digits[20];
  auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  return *this << std::string_view(digits, static_cast<std::size_t>(end - digits));
}

void begin_head(Writer& out, const Answer& answer) {
  out << "HTTP/1.1 " << static_cast<std::uint64_t>(answer.status) << " " << reason(answer.status)
      << "\r\nDate: " << answer.date << "\r\n";
  if (answer.close) {
    out << "Connection: close\r\n";
  } else if (answer.say_keep_alive) {
    out << "Connection: keep-alive\r\n";
  }
}

}  // namespace weft::servers::file
