// SPDX-License-Identifier: BSL-1.0
// Where a request's body ends, and its bytes: by its length, or in chunks.
#pragma once

#include <span>

#include "servers/file/chunked.hpp"
#include "servers/file/request.hpp"

namespace weft::servers::file {

class BodyReader {
 public:
  enum class Verdict { more, complete, malformed, too_large };

  /// The body that this head announces, of at most `limit` bytes.
  void begin(const Request& request, std::uint64_t limit);
  /// Nothing of it is still to come.
  bool complete() const { return complete_; }
  /// It is known already to be longer than the limit.
  bool too_large() const { return left_ > limit_; }
  /// So many bytes are to come at least; more might be of the next request.
  std::uint64_t least() const { return chunked_ ? decoder_.least() : left_; }
  /// Decodes `raw` into `into`, which is as long and may be the same memory. `used` bytes of raw
  /// were of the body and became `made` bytes of content.
  Verdict decode(std::span<const std::byte> raw, std::byte* into, std::size_t& used,
                 std::size_t& made);

 private:
  ChunkDecoder decoder_;
  bool chunked_ = false;
  bool complete_ = true;
  std::uint64_t left_ = 0;   ///< unless chunked
  std::uint64_t limit_ = 0;  ///< what is still allowed
};

}  // namespace weft::servers::file
