// SPDX-License-Identifier: BSL-1.0
// What counts as a request: the head's end and the judgement over it.
#include "servers/file/request.hpp"

#include "servers/file/head_scanner.hpp"
#include "tests/catch.hpp"

using namespace weft::servers::file;

namespace {

// The status a head is refused with, 0 if it is a request, -1 if it has not ended.
int status_of(const std::string& text) {
  HeadScanner scanner;
  switch (scanner.scan(text)) {
    case HeadScanner::Verdict::more:
      return -1;
    case HeadScanner::Verdict::malformed:
      return 400;
    case HeadScanner::Verdict::complete:
      break;
  }
  return judge(std::string_view(text).substr(scanner.begin(), scanner.end() - scanner.begin()))
      .status;
}
std::string get(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

}  // namespace

TEST_CASE("the head ends at its empty line, wherever the pieces are cut") {
  const std::string text = "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\nGET /next";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    HeadScanner scanner;
    auto first = scanner.scan(std::string_view(text).substr(0, cut));
    auto verdict = first == HeadScanner::Verdict::more ? scanner.scan(text) : first;
    REQUIRE(verdict == HeadScanner::Verdict::complete);
    CHECK(scanner.begin() == 4);
    CHECK(text.substr(scanner.end()) == "GET /next");
  }
}

TEST_CASE("bytes no head may contain are refused where they stand") {
  for (const char* bad : {"GET / HTTP/1.1\n", "GET / HTTP/1.1\r\rHost", "GET / HTTP/1.1\rHost",
                          "GET / HTTP/1.1\r\nA: b\r\n c", "GET / HTTP/1.1\r\nA: b\r\n\tc", " GET",
                          "\x16\x03\x01", "GET /\x7f", "GET / HTTP/1.1\r\nA: \x01"}) {
    INFO(bad);
    HeadScanner scanner;
    CHECK(scanner.scan(bad) == HeadScanner::Verdict::malformed);
  }
  HeadScanner scanner;
  CHECK(scanner.scan(std::string_view("GET /\0", 6)) == HeadScanner::Verdict::malformed);
}

TEST_CASE("sound requests are understood") {
  CHECK(status_of(get("")) == 0);
  CHECK(status_of(get("Content-Length: 0\r\n")) == 0);
  CHECK(status_of(get("X: a\tb \xc3\xa9\r\n")) == 0);
  CHECK(status_of("GET / HTTP/1.1\r\nHost:\r\n\r\n") == 0);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n") == 0);
  CHECK(status_of("GET / HTTP/1.0\r\n\r\n") == 0);
  CHECK(status_of("GET http://h/x?y HTTP/1.1\r\nHost: h\r\n\r\n") == 0);
  CHECK(status_of("GET HTTP://h HTTP/1.1\r\nHost: h\r\n\r\n") == 0);

  Verdict v = judge("HEAD http://h/x?y HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"t\"\r\n\r\n");
  CHECK(v.status == 0);
  CHECK(v.request.method == Method::head);
  CHECK(v.request.target == "/x?y");
  CHECK(v.request.conditions.if_none_match == "\"t\"");
  CHECK(v.request.keep_alive);
}

TEST_CASE("the connection stays open as the versions say") {
  auto stays = [](std::string head) { return judge(head).request.keep_alive; };
  CHECK(stays("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  CHECK_FALSE(stays("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
  CHECK_FALSE(stays("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, CLOSE\r\n\r\n"));
  CHECK_FALSE(stays("GET / HTTP/1.0\r\n\r\n"));
  CHECK(stays("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST_CASE("malformed requests are 400 and close") {
  for (const std::string& text :
       {std::string("GET / HTTP/1.1\r\n\r\n"),  // no Host
        get("Host: h\r\n"),                     // two, though equal
        std::string("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"),
        std::string("GET  / HTTP/1.1\r\nHost: h\r\n\r\n"),
        std::string("GET / HTTP/1.1 \r\nHost: h\r\n\r\n"),
        std::string("GET / http/1.1\r\nHost: h\r\n\r\n"),
        std::string("GET / HTTP/1.2\r\nHost: h\r\n\r\n"),
        std::string("GET / HTTP/2.0\r\nHost: h\r\n\r\n"),
        std::string("GET /\r\nHost: h\r\n\r\n"),
        std::string("GET\r\n\r\n"),
        std::string("G@T / HTTP/1.1\r\nHost: h\r\n\r\n"),
        std::string("GET x HTTP/1.1\r\nHost: h\r\n\r\n"),
        std::string("GET * HTTP/1.1\r\nHost: h\r\n\r\n"),
        std::string("GET https://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
        std::string("GET http:///x HTTP/1.1\r\nHost: h\r\n\r\n"),
        get("no colon\r\n"),
        get("A : b\r\n"),
        get(": b\r\n"),
        get("A\x80: b\r\n"),
        get("Content-Length: 5\r\nContent-Length: 5\r\n"),
        get("Content-Length: 5, 5\r\n"),
        get("Content-Length: -1\r\n"),
        get("Content-Length: 0x10\r\n"),
        get("Content-Length: +0\r\n"),
        get("Content-Length:\r\n"),
        get("Content-Length: 99999999999999999999\r\n"),
        get("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"),
        get("Transfer-Encoding: xchunked\r\nContent-Length: 4\r\n"),
        get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        std::string("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")}) {
    INFO(text);
    CHECK(status_of(text) == 400);
    HeadScanner scanner;
    scanner.scan(text);
    CHECK(judge(text).close);
  }
}

TEST_CASE("bodies and other methods are refused properly") {
  CHECK(status_of(get("Content-Length: 4\r\n")) == 413);
  CHECK(status_of(get("Transfer-Encoding: chunked\r\n")) == 413);
  CHECK(status_of(get("Transfer-Encoding: gzip\r\n")) == 501);
  CHECK(status_of(get("Transfer-Encoding: chunked, identity\r\n")) == 501);
  CHECK(status_of("BREW / HTTP/1.1\r\nHost: h\r\n\r\n") == 501);
  CHECK(status_of("MKCOL / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n") == 415);

  Verdict v = judge("PATCH / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK((v.status == 405 && !v.close));
  v = judge("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n");
  CHECK((v.status == 405 && v.close));
  v = judge("GET * HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK((v.status == 400 && v.close));
}

TEST_CASE("an upload's framing is understood") {
  auto put = [](const std::string& fields) {
    return judge("PUT /x HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n");
  };
  Verdict v = put("Content-Length: 12\r\nExpect: 100-Continue\r\n");
  CHECK(v.status == 0);
  CHECK(v.request.method == Method::put);
  CHECK(v.request.length == 12);
  CHECK((v.request.has_body() && !v.request.chunked && v.request.expects_continue));
  v = put("Transfer-Encoding: Chunked\r\n");
  CHECK((v.status == 0 && v.request.chunked && v.request.has_body()));
  CHECK_FALSE(put("").request.has_body());
  v = put("Content-Length: 1\r\nExpect: 200-ok\r\n");
  CHECK((v.status == 417 && v.close));
  v = judge("PUT /x HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
  CHECK((v.status == 0 && !v.request.expects_continue));  // HTTP/1.0 knows no interim answers
}

TEST_CASE("a field that we go by may be there once") {
  for (const char* field :
       {"Expect: 100-continue\r\n", "Range: bytes=0-1\r\n", "If-Match: \"a\"\r\n",
        "If-None-Match: \"a\"\r\n", "If-Range: \"a\"\r\n", "Depth: 0\r\n",
        "If-Modified-Since: x\r\n", "If-Unmodified-Since: x\r\n", "Destination: /x\r\n",
        "Overwrite: F\r\n"}) {
    INFO(field);
    CHECK(status_of(get(field)) == 0);
    CHECK(status_of(get(std::string(field) + field)) == 400);
  }
}

TEST_CASE("a hundred fields and no more") {
  auto with = [](int fields) {
    std::string more;
    for (int i = 1; i < fields; ++i) more += "A: b\r\n";
    return get(more);
  };
  CHECK(status_of(with(100)) == 0);
  CHECK(status_of(with(101)) == 400);
}
