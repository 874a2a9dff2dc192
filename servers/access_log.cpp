// SPDX-License-Identifier: BSL-1.0
#include "servers/access_log.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <mutex>
#include <system_error>

#include "lwp/os/log_file.hpp"
#include "servers/file/http_date.hpp"

namespace weft::servers {
namespace {

// Lines are gathered for so long after the first of them.
constexpr os::Nanos kGather = 100 * os::kMillisecond;
// How long the end of a server waits for a log that takes nothing.
constexpr os::Nanos kLastWords = os::kSecond;
// A pipe that is writable takes so much without blocking (PIPE_BUF), and of several processes that
// append to one file none writes into another's line.
constexpr std::size_t kAtOnce = 4096;

// Appends to a line for as long as it fits.
class LogLine {
 public:
  LogLine(char* at, std::size_t room) : begin_(at), at_(at), end_(at + room) {}
  LogLine& operator<<(std::string_view text) {
    for (char c : text) put(c);
    return *this;
  }
  LogLine& operator<<(std::uint64_t number) {
    char digits[20];
    return *this << std::string_view(
               digits, std::to_chars(digits, digits + sizeof digits, number).ptr - digits);
  }
  // In quotes: what a client sent must not look like the end of it, nor act on a terminal.
  LogLine& quoted(std::string_view text) {
    put('"');
    for (char c : text.empty() ? std::string_view("-") : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        put('\\'), put(c);
      } else if (byte < 0x20 || byte >= 0x7f) {
        constexpr char kHex[] = "0123456789abcdef";
        put('\\'), put('x'), put(kHex[byte >> 4]), put(kHex[byte & 15]);
      } else {
        put(c);
      }
    }
    put('"');
    return *this;
  }
  /// Its length; 0 if it did not fit.
  std::size_t size() const { return fits_ ? static_cast<std::size_t>(at_ - begin_) : 0; }

 private:
  void put(char c) { at_ < end_ ? void(*at_++ = c) : void(fits_ = false); }
  char* const begin_;
  char* at_;
  char* const end_;
  bool fits_ = true;
};

}  // namespace

std::unique_ptr<AccessLog> AccessLog::open(const std::string& path,
                                           const std::function<os::Nanos()>& wall, Refusal& why) {
  auto file = path == "-" ? os::duplicate(1) : os::open_to_append(path);
  if (file) return std::unique_ptr<AccessLog>(new AccessLog(path, std::move(*file), wall));
  why = {"cannot append to --access-log '" + path +
         "': " + std::generic_category().message(file.error()) +
         ". Name a file in a folder that exists, or - for the screen"};
  return nullptr;
}

AccessLog::AccessLog(std::string path, os::Fd file, std::function<os::Nanos()> wall)
    : path_(std::move(path)), wall_(std::move(wall)), file_(std::move(file)) {
  writer_ = os::Thread("access log", [this] { write(); });
}

AccessLog::~AccessLog() {
  ends_.store(os::now() + kLastWords, lwp::memory_order_release);
  wanted_.store(1, lwp::memory_order_release);
  os::futex_wake(wanted_, 1);
  writer_.join();
  if (dropped() == 0) return;
  os::write_out(2, "weft serve: " + std::to_string(dropped()) +
                       " lines of the access log were dropped: " + path_ +
                       " was too slow or full\n");
}

void AccessLog::add(std::string_view client, const Answered& what) {
  const os::Nanos now = wall_();
  bool first = false;
  {
    std::lock_guard lock(lock_);
    if (now / os::kSecond != second_) {
      second_ = now / os::kSecond;
      date_ = file::log_date(now);
    }
    LogLine line(filling_.text.get() + filling_.size, kMemory - filling_.size);
    line << (client.empty() ? "-" : client) << " - - "
         << std::string_view(date_.data(), date_.size());
    line.quoted(what.line) << " " << static_cast<std::uint64_t>(what.status) << " ";
    (what.bytes > 0 ? line << what.bytes : line << "-") << " ";
    line.quoted(what.referer) << " ";
    line.quoted(what.agent) << "\n";
    if (line.size() == 0) return dropped_.add();
    first = filling_.size == 0;
    filling_.size += line.size();
  }
  if (!first) return;
  wanted_.store(1, lwp::memory_order_release);
  os::futex_wake(wanted_, 1);
}

void AccessLog::reopen() {
  reopen_.store(true, lwp::memory_order_release);
  wanted_.store(1, lwp::memory_order_release);
  os::futex_wake(wanted_, 1);
}

void AccessLog::write() {
  os::not_metered();
  while (ends_.load(lwp::memory_order_acquire) == os::kNever) {
    os::futex_wait(wanted_, 0);
    if (wanted_.exchange(0, lwp::memory_order_acquire) == 0) continue;
    // Others may come to their end meanwhile; whoever wants us now is served at once.
    if (!reopen_.load(lwp::memory_order_acquire)) os::futex_wait(wanted_, 0, os::now() + kGather);
    write_lines();
    if (reopen_.exchange(false, lwp::memory_order_acquire)) open_again();
  }
  write_lines();
}

void AccessLog::write_lines() {
  {
    std::lock_guard lock(lock_);
    std::swap(filling_, writing_);
  }
  std::string_view left(writing_.text.get(), writing_.size);
  while (!left.empty()) {
    // As many whole lines as go at once, or a longer one alone.
    auto end = left.size() <= kAtOnce ? left.size() - 1 : left.rfind('\n', kAtOnce - 1);
    if (end == left.npos) end = left.find('\n');
    if (!write_out(left.substr(0, end + 1))) {
      dropped_.add(static_cast<std::uint64_t>(std::ranges::count(left, '\n')));
      break;
    }
    left.remove_prefix(end + 1);
  }
  writing_.size = 0;
}

// False if it cannot be written, or the server has ended and nobody takes it.
bool AccessLog::write_out(std::string_view lines) {
  while (!lines.empty()) {
    if (!os::wait_ready(file_.get(), os::kWritable, os::now() + kGather)) {
      if (os::now() >= ends_.load(lwp::memory_order_acquire)) return false;
      continue;
    }
    auto n = os::write(file_.get(), as_bytes(lines));
    if (!n) return false;
    lines.remove_prefix(*n);
  }
  return true;
}

void AccessLog::open_again() {
  if (path_ == "-") return;
  if (auto file = os::open_to_append(path_)) {
    file_ = std::move(*file);
  } else {
    os::write_out(2, "weft serve: cannot open --access-log " + path_ + " again (" +
                         std::generic_category().message(file.error()) +
                         "): the old file is written on\n");
  }
}

}  // namespace weft::servers
