// SPDX-License-Identifier: BSL-1.0
#include "servers/file/response.hpp"

#include <cassert>
#include <charconv>
#include <chrono>
#include <cstring>

namespace weft::servers::file {

HttpDate http_date(os::Nanos wall) {
  using namespace std::chrono;
  static constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  sys_seconds time{floor<seconds>(nanoseconds{wall})};
  auto day = floor<days>(time);
  year_month_day date{day};
  hh_mm_ss clock{time - day};

  HttpDate out;
  char* at = out.data();
  auto text = [&](std::string_view s) {
    std::memcpy(at, s.data(), s.size());
    at += s.size();
  };
  auto digits = [&](unsigned number, int width) {
    for (int i = width; i-- > 0; number /= 10) at[i] = static_cast<char>('0' + number % 10);
    at += width;
  };
  text(kDays.substr(3 * weekday{day}.c_encoding(), 3));
  text(", ");
  digits(static_cast<unsigned>(date.day()), 2);
  text(" ");
  text(kMonths.substr(3 * (static_cast<unsigned>(date.month()) - 1), 3));
  text(" ");
  digits(static_cast<unsigned>(static_cast<int>(date.year())), 4);
  text(" ");
  digits(static_cast<unsigned>(clock.hours().count()), 2);
  text(":");
  digits(static_cast<unsigned>(clock.minutes().count()), 2);
  text(":");
  digits(static_cast<unsigned>(clock.seconds().count()), 2);
  text(" GMT");
  return out;
}

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
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

Writer& Writer::operator<<(std::string_view text) {
  assert(size_ + text.size() <= into_.size());
  std::memcpy(into_.data() + size_, text.data(), text.size());
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
