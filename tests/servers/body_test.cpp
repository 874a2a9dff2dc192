// SPDX-License-Identifier: BSL-1.0
// Where a body ends, whatever pieces it comes in.
#include "servers/file/body_reader.hpp"
#include "tests/catch.hpp"

using namespace weft::servers::file;

namespace {

struct Decoded {
  BodyReader::Verdict verdict = BodyReader::Verdict::more;
  std::string content;
  std::size_t used = 0;
};

// Decodes in pieces of that many bytes, never more than the reader says are certainly its own.
Decoded decode(const Request& request, const std::string& raw, std::size_t piece,
               std::uint64_t limit = 1000) {
  BodyReader body;
  body.begin(request, limit);
  Decoded out;
  if (body.complete()) out.verdict = BodyReader::Verdict::complete;
  while (out.verdict == BodyReader::Verdict::more && out.used < raw.size()) {
    const auto least = static_cast<std::size_t>(body.least());
    REQUIRE(least > 0);
    std::string bytes = raw.substr(out.used, std::min(piece, least));
    std::size_t used = 0, made = 0;
    auto memory = std::as_writable_bytes(std::span(bytes));
    out.verdict = body.decode(memory, memory.data(), used, made);
    REQUIRE(made <= used);
    if (out.verdict == BodyReader::Verdict::more) REQUIRE(used == bytes.size());
    out.used += used;
    out.content += bytes.substr(0, made);
  }
  return out;
}

constexpr Request kChunked{.chunked = true};
constexpr auto complete = BodyReader::Verdict::complete;

}  // namespace

TEST_CASE("chunks are joined, and not a byte of the next request is taken") {
  for (const std::string& raw :
       {std::string("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"),
        std::string("B\r\nhello world\r\n000\r\n\r\n"),
        std::string("b;name=\"v\"\r\nhello world\r\n0 ; x\r\nTrailer: one\r\nAnd: two\r\n\r\n"),
        std::string("1\r\nh\r\na\r\nello world\r\n0\r\n\r\n")}) {
    for (std::size_t piece = 1; piece < 40; ++piece) {
      INFO(raw << ", in pieces of " << piece);
      Decoded d = decode(kChunked, raw + "GET / HTTP/1.1", piece);
      CHECK(d.verdict == complete);
      CHECK(d.content == "hello world");
      CHECK(d.used == raw.size());
    }
  }
}

TEST_CASE("what is not chunked to the letter is malformed") {
  for (const std::string& raw :
       {std::string("x\r\n"), std::string("\r\n"), std::string("5\nhello"),
        std::string("5\r\nhello5\r\n"), std::string("5\r\nhello\n0\r\n"),
        std::string("5\r\nhello\r0\r\n"), std::string("-5\r\nhello\r\n"),
        std::string("+5\r\nhello\r\n"), std::string("0x5\r\nhello\r\n"),
        std::string(" 5\r\nhello\r\n"), std::string("1000000000000000\r\n"),
        std::string("5;a\x01\r\nhello\r\n"), std::string("5;a\rb\r\nhello\r\n"),
        std::string("0\r\n folded\r\n\r\n"), std::string("0\r\n: no name\r\n\r\n"),
        std::string("0\r\nA: b\n\r\n"), std::string("0\r\n\rx"), "5;" + std::string(5000, 'x'),
        "0\r\n" + std::string(5000, 'x')}) {
    INFO(raw.substr(0, 40));
    for (std::size_t piece : {1, 1000}) {
      CHECK(decode(kChunked, raw, piece).verdict == BodyReader::Verdict::malformed);
    }
  }
}

TEST_CASE("a body may not be longer than its limit") {
  CHECK(decode(kChunked, "5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n", 100, 10).verdict == complete);
  CHECK(decode(kChunked, "5\r\nhello\r\n6\r\nworld!\r\n0\r\n\r\n", 100, 10).verdict ==
        BodyReader::Verdict::too_large);
  BodyReader body;
  body.begin({.length = 11}, 10);
  CHECK(body.too_large());
  body.begin({.length = 10}, 10);
  CHECK_FALSE(body.too_large());
}

TEST_CASE("a length is counted down") {
  for (std::size_t piece = 1; piece < 10; ++piece) {
    Decoded d = decode({.length = 5}, "helloGET", piece);
    CHECK(d.verdict == complete);
    CHECK(d.content == "hello");
    CHECK(d.used == 5);
  }
  CHECK(decode({}, "GET", 1).used == 0);
}
