// SPDX-License-Identifier: BSL-1.0
// Reads one HTTP/1.1 response as it arrives and throws the body away: the load generator needs its
// status, whether it is whole, and whether the connection can be used again. Free of I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weft::labs::load {

class ResponseReader {
 public:
  enum class State { more, complete, malformed };

  /// `no_body`: the request was a HEAD.
  explicit ResponseReader(bool no_body = false) : no_body_(no_body) {}

  /// Takes what arrived, from the front; what is left after the end belongs to the next response.
  State take(std::string_view& bytes);
  /// As take(), for one response only: bytes after its end are malformed, nobody asked for them.
  State feed(std::string_view bytes) {
    State state = take(bytes);
    return bytes.empty() ? state : state_ = State::malformed;
  }
  /// The peer sends nothing more: complete only if the body ends with the connection.
  State end();

  int status() const { return status_; }
  /// "404 Not Found"
  const std::string& status_text() const { return status_text_; }
  bool keeps_alive() const { return keeps_alive_ && body_ != Body::until_end; }
  bool untouched() const { return bytes_ == 0; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  enum class Body { none, counted, chunk_size, chunk_data, chunk_end, trailer, until_end };

  State take_head(std::string_view& bytes);
  bool read_head(std::string_view head);
  bool read_field(std::string_view line);
  bool begin_body();
  State take_body(std::string_view& bytes);
  bool take_line(std::string_view& bytes);  // true once line_ holds a whole one

  bool no_body_;
  std::string head_;  // until its empty line has come
  bool in_head_ = true;
  State state_ = State::more;
  int status_ = 0;
  std::string status_text_;  // kept for errors only
  bool keeps_alive_ = true;
  bool chunked_ = false;
  bool has_length_ = false;
  Body body_ = Body::until_end;
  std::uint64_t left_ = 0;  // bytes of the body, or of this chunk
  std::string line_;
  std::uint64_t bytes_ = 0;
};

}  // namespace weft::labs::load
