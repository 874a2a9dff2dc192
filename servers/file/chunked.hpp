// SPDX-License-Identifier: BSL-1.0
// The chunked transfer coding (RFC 9112 section 7.1), decoded in any pieces and to the letter: what
// one server forgives here, the next one reads as another request. Extensions and trailers are
// skipped, and no more than kMostSkipped bytes of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weft::servers::file {

class ChunkDecoder {
 public:
  static constexpr std::size_t kMostSkipped = 4096;
  enum class Verdict { more, complete, malformed };

  /// Goes on until some data have been found or the input ends. `used` bytes of `input` are done
  /// with, the data among them is `data`; call again with the rest while there is any.
  Verdict decode(std::string_view input, std::size_t& used, std::string_view& data);
  /// So many bytes of this body are still to come at least: whoever receives no more than that
  /// leaves the next request alone.
  std::uint64_t least() const;

 private:
  enum class State : std::uint8_t {
    size,       ///< hexadecimal digits
    extension,  ///< behind them
    size_lf,    ///< the line's LF
    data,       ///< `left_` bytes
    data_cr,    ///< the line end behind them
    data_lf,
    trailer,       ///< at the beginning of a line, after the last chunk
    trailer_text,  ///< in a line that is not empty
    trailer_lf,
    last_lf,  ///< of the empty line
    done,
  };
  bool step(char c);

  State state_ = State::size;
  int digits_ = 0;
  std::uint64_t left_ = 0;
  std::size_t skipped_ = 0;
};

}  // namespace weft::servers::file
