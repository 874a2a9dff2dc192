// SPDX-License-Identifier: BSL-1.0
// Heads of answers, written into memory the caller owns; nothing here allocates.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "servers/file/http_date.hpp"
#include "servers/limits.hpp"

namespace weft::servers::file {

/// A strong entity tag, in its quotes: another file, size or modification time gives another.
class EntityTag {
 public:
  EntityTag() = default;
  explicit EntityTag(const os::FileInfo& file);
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 3 * 16 + 4> text_{};
  std::size_t size_ = 0;
};

/// The phrase of a status this server sends.
std::string_view reason(int status);

/// The field that goes with a 503.
std::string retry_after(const Limits& limits);

/// Appends text to a fixed buffer; what does not fit is a broken invariant.
class Writer {
 public:
  explicit Writer(std::span<std::byte> into) : into_(into) {}
  Writer& operator<<(std::string_view text);
  Writer& operator<<(std::uint64_t number);
  std::size_t size() const { return size_; }

 private:
  std::span<std::byte> into_;
  std::size_t size_ = 0;
};

/// What every answer says first and last about itself and the connection.
struct Answer {
  int status = 200;
  std::string_view date;
  bool close = false;
  bool say_keep_alive = false;  ///< an HTTP/1.0 client asked for it
};

/// Status line, Date and Connection, without the empty line.
void begin_head(Writer& out, const Answer& answer);

/// The largest head this server writes.
inline constexpr std::size_t kMaxHead = 1024;

}  // namespace weft::servers::file
