// SPDX-License-Identifier: BSL-1.0
// Bytes as the body of a request: however they are cut, the same content and the same end, and
// never a byte of the next request.
#include <algorithm>
#include <memory>

#include "servers/file/body_reader.hpp"
#include "tests/fuzz/plain_http.hpp"
#include "tests/fuzz/require.hpp"

using namespace weft::servers::file;
using namespace weft::fuzz;

namespace {

using Read = BodyReader::Verdict;

struct Decoded {
  Read verdict = Read::more;
  std::string content;
  std::size_t used = 0;
  std::uint64_t certain = 0;  ///< the body reaches so far at least, as was said on the way
};

// In pieces of that size. `kindly`: none longer than what is certainly the body's, and decoded
// where it lies, as a session does.
Decoded decode(const Request& request, std::uint64_t limit, std::string_view raw, std::size_t piece,
               bool kindly) {
  BodyReader body;
  body.begin(request, limit);
  // Of just this length, so that AddressSanitizer sees a byte too many.
  const auto bytes = std::make_unique<std::byte[]>(raw.size());
  const auto apart = std::make_unique<std::byte[]>(std::min(piece, raw.size()));
  std::ranges::copy(std::as_bytes(std::span(raw)), bytes.get());
  Decoded out;
  if (body.too_large()) out.verdict = Read::too_large;
  if (body.complete()) out.verdict = Read::complete;
  while (out.verdict == Read::more) {
    out.certain = std::max(out.certain, out.used + body.least());
    require(body.least() > 0, "what is not complete lacks something");
    if (out.used == raw.size()) break;
    auto n = std::min(piece, raw.size() - out.used);
    if (kindly) n = static_cast<std::size_t>(std::min<std::uint64_t>(n, body.least()));
    std::byte* from = bytes.get() + out.used;
    std::byte* into = kindly ? from : apart.get();
    std::size_t used = 0, made = 0;
    out.verdict = body.decode({from, n}, into, used, made);
    require(made <= used && used <= n, "no more content than bytes");
    require(out.verdict != Read::more || used == n, "what goes on takes all");
    if (kindly)
      require(out.verdict == Read::malformed || out.verdict == Read::too_large || used == n,
              "what is certain is taken");
    out.used += used;
    out.content.append(reinterpret_cast<const char*>(into), made);
  }
  require(body.complete() == (out.verdict == Read::complete), "complete is complete");
  return out;
}

Decoded decode_in_any_pieces(const Request& request, std::uint64_t limit, std::string_view raw) {
  const Decoded whole = decode(request, limit, raw, raw.size() + 1, false);
  for (std::size_t piece : {std::size_t{1}, std::size_t{3}, raw.size() + 1}) {
    for (bool kindly : {false, true}) {
      const Decoded other = decode(request, limit, raw, piece, kindly);
      require(other.verdict == whole.verdict, "a verdict does not depend on the pieces");
      if (whole.verdict == Read::malformed || whole.verdict == Read::too_large) continue;
      require(other.content == whole.content, "nor does the content");
      require(other.used == whole.used, "nor does the end");
      if (whole.verdict == Read::complete) {
        require(other.certain <= whole.used, "least() never promises too much");
      }
    }
  }
  if (whole.verdict == Read::complete || whole.verdict == Read::more) {
    require(whole.content.size() <= limit, "a limit holds");
  }
  return whole;
}

std::string chunks_of(std::string_view content, std::size_t size) {
  std::string raw;
  while (!content.empty()) {
    const auto part = content.substr(0, size);
    char head[24];
    std::snprintf(head, sizeof head, "%zX\r\n", part.size());
    raw.append(head).append(part).append("\r\n");
    content.remove_prefix(part.size());
  }
  return raw + "0\r\n\r\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view raw = text_of(data, size);
  constexpr std::uint64_t kPlenty = 1 << 20;
  const Request chunked{.chunked = true};
  const Decoded d = decode_in_any_pieces(chunked, kPlenty, raw);
  const auto plain = plain_chunks(raw);
  if (d.verdict == Read::complete) {
    require(plain && plain->content == d.content && plain->size == d.used, "chunks mean one thing");
    const auto tight = decode_in_any_pieces(chunked, d.content.size(), raw);
    require(tight.verdict == Read::complete, "a body may be as long as its limit");
    if (!d.content.empty()) {
      const auto over = decode_in_any_pieces(chunked, d.content.size() - 1, raw);
      require(over.verdict == Read::too_large, "and no longer");
    }
    require(decode(chunked, kPlenty, raw.substr(0, d.used - 1), size, false).verdict == Read::more,
            "without its last byte it is not complete");
  }

  const std::string sent = chunks_of(raw, size % 17 + 1) + "GET /";
  const Decoded back = decode_in_any_pieces(chunked, kPlenty, sent);
  require(back.verdict == Read::complete && back.content == raw && back.used == sent.size() - 5,
          "what is cut into chunks comes back");

  const Request counted{.length = size / 2};
  const Decoded by_length = decode_in_any_pieces(counted, kPlenty, raw);
  require(by_length.verdict == Read::complete && by_length.content == raw.substr(0, size / 2),
          "a length is counted down");
  return 0;
}
