// SPDX-License-Identifier: BSL-1.0
#include "labs/serve/limits.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <limits>

namespace weft::labs {
namespace {

namespace os = lwp::os;
using servers::Refusal;

constexpr double kDay = 86'400;

// "--max-head '1T' is no size from 512 to 64K, such as 8K"
template <class Number>
bool size_within(const char* flag, const std::string& text, Number& to, std::uint64_t least,
                 std::uint64_t most, const char* range, Refusal& why) {
  std::uint64_t bytes = 0;
  if (read_size(text, bytes) && bytes >= least && bytes <= most) {
    to = bytes;
    return true;
  }
  why = {std::string(flag) + " '" + text + "' is no size " + range};
  return false;
}

template <class Number, class To>
bool within(const char* flag, Number value, To& to, Number least, Number most, To unit,
            Refusal& why) {
  to = static_cast<To>(value * static_cast<Number>(unit));
  if (value >= least && value <= most) return true;
  char text[128];
  std::snprintf(text, sizeof text, "%s %g is out of range: %g to %g", flag,
                static_cast<double>(value), static_cast<double>(least), static_cast<double>(most));
  why = {text};
  return false;
}

}  // namespace

bool read_size(const std::string& text, std::uint64_t& bytes) {
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, bytes);
  const std::string_view unit(read.ptr, static_cast<std::size_t>(end - read.ptr));
  const int shift = unit.empty() ? 0 : unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : -1;
  if (read.ec != std::errc() || shift < 0 ||
      bytes > std::numeric_limits<std::uint64_t>::max() >> shift) {
    return false;
  }
  bytes <<= shift;
  return true;
}

void LimitFlags::add_to(CLI::App& sub) {
  const char* what = "Limits (docs/servers.md)";
  auto size = [&](const char* name, std::string& to, const char* help) {
    sub.add_option(name, to, help)->capture_default_str()->type_name("SIZE")->group(what);
  };
  auto number = [&](const char* name, auto& to, const char* help) {
    sub.add_option(name, to, help)->capture_default_str()->group(what);
  };
  size("--max-request-line", request_line_, "longer is 414");
  size("--max-head", head_, "request line and fields; longer is 431");
  size("--max-body", body_, "longer is 413");
  number("--max-connections", connections_, "open at once, others: 503 (0: half of ulimit -n)");
  number("--max-queue", queue_, "requests that wait for a worker, others: 503 (0: any)");
  sub.get_option("--max-queue")->each([this](const std::string&) { queue_given_ = true; });
  number("--retry-after", retry_after_, "seconds until who was told 503 may come again");
  number("--head-seconds", head_time_, "for a head to come whole");
  number("--body-seconds", body_time_, "for each 64K of a body to come");
  number("--send-seconds", send_time_, "for each 64K of an answer to go");
  number("--idle-seconds", idle_time_, "from an answer to the next request");
  size("--min-rate", rate_, "bytes a second, to send and to read (0: any)");
  number("--grace-seconds", grace_, "that a client may fall behind it");
}

bool LimitFlags::read(servers::Limits& l, Refusal& why) const {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
  return size_within("--max-head", head_, l.head, 512, 64 << 10, "from 512 to 64K", why) &&
         size_within("--max-request-line", request_line_, l.request_line, 32, l.head,
                     "from 32 to --max-head", why) &&
         size_within("--max-body", body_, l.body, 0, kMost, "up to 1024G, such as 1G", why) &&
         size_within("--min-rate", rate_, l.rate, 0, 1 << 30, "up to 1G, such as 500", why) &&
         within("--max-connections", connections_, l.connections, 0, 1'000'000, std::size_t{1},
                why) &&
         within("--max-queue", queue_, l.queue, 0, 1'000'000, std::size_t{1}, why) &&
         within("--retry-after", retry_after_, l.retry_after, 0, 86'400, 1, why) &&
         within("--head-seconds", head_time_, l.head_time, 0.1, kDay, os::kSecond, why) &&
         within("--body-seconds", body_time_, l.body_time, 0.1, kDay, os::kSecond, why) &&
         within("--send-seconds", send_time_, l.send_time, 0.1, kDay, os::kSecond, why) &&
         within("--idle-seconds", idle_time_, l.idle_time, 0.1, kDay, os::kSecond, why) &&
         within("--grace-seconds", grace_, l.grace, 0.1, kDay, os::kSecond, why);
}

}  // namespace weft::labs
