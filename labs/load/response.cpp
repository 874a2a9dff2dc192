// SPDX-License-Identifier: BSL-1.0
#include "labs/load/response.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace weft::labs::load {
namespace {

constexpr std::size_t kMaxHead = 64 * 1024;
constexpr std::size_t kMaxLine = 4096;
constexpr std::size_t kMaxStatusText = 64;

bool same_ignoring_case(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool parse(std::string_view text, int base, std::uint64_t& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

ResponseReader::State ResponseReader::take(std::string_view& bytes) {
  if (bytes.empty() || state_ != State::more) return state_;
  const std::size_t before = bytes.size();
  state_ = in_head_ ? take_head(bytes) : take_body(bytes);
  bytes_ += before - bytes.size();
  return state_;
}

ResponseReader::State ResponseReader::take_head(std::string_view& bytes) {
  std::size_t searched = head_.size() < 3 ? 0 : head_.size() - 3;
  head_ += bytes;
  while (true) {
    std::size_t end = head_.find("\r\n\r\n", searched);
    if (end == head_.npos) {
      bytes = {};
      return head_.size() > kMaxHead ? State::malformed : State::more;
    }
    if (!read_head(std::string_view(head_).substr(0, end))) return State::malformed;
    head_.erase(0, end + 4);
    searched = 0;
    if (status_ >= 200) break;  // 1xx: the real one follows
  }
  in_head_ = false;
  bytes.remove_prefix(bytes.size() - head_.size());  // what is behind the head came just now
  head_.clear();
  return begin_body() ? take_body(bytes) : State::malformed;
}

ResponseReader::State ResponseReader::end() {
  if (state_ != State::more) return state_;
  return state_ = !in_head_ && body_ == Body::until_end ? State::complete : State::malformed;
}

bool ResponseReader::read_head(std::string_view head) {
  std::size_t eol = std::min(head.find("\r\n"), head.size());
  std::string_view line = head.substr(0, eol);
  // "HTTP/1.1 200 OK"
  if (line.size() < 12 || !line.starts_with("HTTP/1.") || line[8] != ' ') return false;
  std::uint64_t status = 0;
  if (!parse(line.substr(9, 3), 10, status) || status < 100) return false;
  if (line.size() > 12 && line[12] != ' ') return false;
  status_ = static_cast<int>(status);
  if (status >= 400) {
    status_text_ = line.substr(9, kMaxStatusText);
    for (char& c : status_text_)  // it goes to a terminal
      if (c < ' ' || c > '~') c = '?';
  }
  keeps_alive_ = line[7] != '0';
  chunked_ = has_length_ = false;
  for (head.remove_prefix(std::min(eol + 2, head.size())); !head.empty();) {
    std::size_t stop = std::min(head.find("\r\n"), head.size());
    if (!read_field(head.substr(0, stop))) return false;
    head.remove_prefix(std::min(stop + 2, head.size()));
  }
  return true;
}

bool ResponseReader::read_field(std::string_view line) {
  std::size_t colon = line.find(':');
  if (colon == line.npos || colon == 0) return false;
  std::string_view name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
  if (same_ignoring_case(name, "content-length")) {
    std::uint64_t length = 0;
    if (!parse(value, 10, length) || (has_length_ && length != left_)) return false;
    left_ = length;
    has_length_ = true;
  } else if (same_ignoring_case(name, "transfer-encoding")) {
    if (!same_ignoring_case(value, "chunked")) return false;
    chunked_ = true;
  } else if (same_ignoring_case(name, "connection")) {
    if (same_ignoring_case(value, "close")) keeps_alive_ = false;
    if (same_ignoring_case(value, "keep-alive")) keeps_alive_ = true;
  }
  return true;
}

bool ResponseReader::begin_body() {
  if (chunked_ && has_length_) return false;  // two answers to where it ends
  if (status_ == 204 || status_ == 304 || no_body_)
    body_ = Body::none;
  else if (chunked_)
    body_ = Body::chunk_size;
  else
    body_ = has_length_ ? Body::counted : Body::until_end;
  return true;
}

ResponseReader::State ResponseReader::take_body(std::string_view& bytes) {
  while (true) {
    switch (body_) {
      case Body::until_end:
        bytes = {};
        return State::more;
      case Body::none:
        return State::complete;
      case Body::counted:
      case Body::chunk_data: {
        auto taken = std::min<std::uint64_t>(left_, bytes.size());
        bytes.remove_prefix(static_cast<std::size_t>(taken));
        left_ -= taken;
        if (left_ > 0) return State::more;
        body_ = body_ == Body::counted ? Body::none : Body::chunk_end;
        break;
      }
      case Body::chunk_size: {
        if (!take_line(bytes)) return line_.size() > kMaxLine ? State::malformed : State::more;
        std::string line = std::exchange(line_, {});
        std::string_view size = trimmed(std::string_view(line).substr(0, line.find(';')));
        if (!parse(size, 16, left_)) return State::malformed;
        body_ = left_ == 0 ? Body::trailer : Body::chunk_data;
        break;
      }
      case Body::chunk_end:
        if (!take_line(bytes)) return line_.size() > 2 ? State::malformed : State::more;
        if (!std::exchange(line_, {}).empty()) return State::malformed;
        body_ = Body::chunk_size;
        break;
      case Body::trailer:
        if (!take_line(bytes)) return line_.size() > kMaxLine ? State::malformed : State::more;
        if (std::exchange(line_, {}).empty()) body_ = Body::none;
        break;
    }
  }
}

bool ResponseReader::take_line(std::string_view& bytes) {
  std::size_t end = bytes.find('\n');
  line_ += bytes.substr(0, end);
  bytes.remove_prefix(end == bytes.npos ? bytes.size() : end + 1);
  if (end == bytes.npos) return false;
  if (line_.ends_with('\r')) line_.pop_back();
  return true;
}

}  // namespace weft::labs::load
