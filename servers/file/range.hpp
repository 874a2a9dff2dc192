// SPDX-License-Identifier: BSL-1.0
// The part of a file that a Range field asks for (RFC 9110 section 14). One range is answered;
// whoever asks for several gets the whole file, as section 14.2 allows: a client that lists many
// small or overlapping ones could make the server send far more than the file.
#pragma once

#include <cstdint>
#include <string_view>

namespace weft::servers::file {

struct Range {
  enum class Kind {
    whole,    ///< not a range that we answer: ignore the field
    part,     ///< first to last, both included
    nothing,  ///< 416: nothing of the file is in it
  };
  Kind kind = Kind::whole;
  std::uint64_t first = 0, last = 0;
};

Range parse_range(std::string_view field, std::uint64_t size);

}  // namespace weft::servers::file
