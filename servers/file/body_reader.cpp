// SPDX-License-Identifier: BSL-1.0
#include "servers/file/body_reader.hpp"

#include <algorithm>
#include <cstring>

namespace weft::servers::file {

void BodyReader::begin(const Request& request, std::uint64_t limit) {
  decoder_ = {};
  chunked_ = request.chunked;
  left_ = chunked_ ? 0 : request.length;
  limit_ = limit;
  complete_ = !chunked_ && left_ == 0;
}

BodyReader::Verdict BodyReader::decode(std::span<const std::byte> raw, std::byte* into,
                                       std::size_t& used, std::size_t& made) {
  used = made = 0;
  if (!chunked_) {
    used = made = static_cast<std::size_t>(std::min<std::uint64_t>(raw.size(), left_));
    if (made > 0) std::memmove(into, raw.data(), made);
    left_ -= made;
    limit_ -= made;
    complete_ = left_ == 0;
    return complete_ ? Verdict::complete : Verdict::more;
  }
  while (used < raw.size() && !complete_) {
    std::string_view input(reinterpret_cast<const char*>(raw.data()) + used, raw.size() - used);
    std::string_view data;
    std::size_t step = 0;
    auto verdict = decoder_.decode(input, step, data);
    if (verdict == ChunkDecoder::Verdict::malformed) return Verdict::malformed;
    if (data.size() > limit_) return Verdict::too_large;
    if (!data.empty()) std::memmove(into + made, data.data(), data.size());
    used += step;
    made += data.size();
    limit_ -= data.size();
    complete_ = verdict == ChunkDecoder::Verdict::complete;
  }
  return complete_ ? Verdict::complete : Verdict::more;
}

}  // namespace weft::servers::file
