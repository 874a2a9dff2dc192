// SPDX-License-Identifier: BSL-1.0
// What clients say: the conversations that every model is held to, and that fuzzing begins with.
#pragma once

#include <string>
#include <vector>

namespace weft::tests {

inline std::string get(const std::string& path, const std::string& fields = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

inline std::string letters(std::size_t n) {
  std::string s(n, '?');
  for (std::size_t i = 0; i < n; ++i) s[i] = static_cast<char>('a' + i * 7 % 26);
  return s;
}

// What clients say on one connection.
inline const std::vector<std::string>& corpus() {
  static const std::vector<std::string> all = {
      "",
      "\r\n",
      get("/"),
      get("/a.txt"),
      get("/a.txt?query=1"),
      get("/%61.txt"),
      get("/sub/"),
      get("/sub"),
      get("/bare/"),
      get("/sub/../a.txt"),
      get("/empty"),
      get("/big.bin"),
      get("/absent"),
      get("/a.txt/x"),
      get("/inside"),
      get("/outside"),
      get("/up/a.txt"),
      get("/absolute"),
      get("/loop"),
      get("/../a.txt"),
      get("/%2e%2e/a.txt"),
      get("/a%00b"),
      get("/a%2fb"),
      get("/%zz"),
      "HEAD /big.bin HTTP/1.1\r\nHost: h\r\n\r\n",
      "HEAD /absent HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /a.txt HTTP/1.0\r\n\r\n",
      "GET /a.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /empty HTTP/1.0\r\n\r\n",
      "GET http://anywhere/a.txt HTTP/1.1\r\nHost: h\r\n\r\n",
      get("/a.txt", "If-None-Match: *\r\n"),
      get("/a.txt", "If-None-Match: \"other\"\r\n"),
      get("/a.txt", "Connection: close\r\n") + get("/a.txt"),
      get("/a.txt") + get("/absent") + get("/big.bin") + get("/a.txt"),
      get("/a.txt") + "GET / HTTP/1.1\r\n\r\n" + get("/a.txt"),
      "PUT /a.txt HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + get("/a.txt"),
      "DELETE /a.txt HTTP/1.1\r\nHost: h\r\n\r\n" + get("/a.txt"),
      get("/a.txt", "Content-Length: 3\r\n") + "abc",
      get("/a.txt", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n",
      get("/a.txt", "Range: bytes=1-3\r\n") + get("/a.txt", "Range: bytes=9-\r\n"),
      get("/big.bin", "Range: bytes=70000-900000\r\n") + get("/a.txt"),
      get("/a.txt", "If-Match: \"x\"\r\n") + get("/a.txt", "If-Unmodified-Since: x\r\n"),
      get("/a.txt", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
      "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\nOPTIONS /a.txt HTTP/1.1\r\nHost: h\r\n\r\n",
      get("/a.txt", "Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n") + "abc",
      get("/a.txt", "Host: again\r\n"),
      get("/a.txt", "X: folded\r\n line\r\n"),
      "GET /a.txt HTTP/1.1\nHost: h\n\n",
      "\x16\x03\x01\x02",
      "GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n",
      get("/a.txt", "X: " + std::string(9000, 'x') + "\r\n"),
      "GET /a.t",
  };
  return all;
}

inline std::string with(const std::string& method, const std::string& path,
                        const std::string& fields = "") {
  return method + " " + path + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}
inline std::string put(const std::string& path, const std::string& body,
                       const std::string& fields = "") {
  return with("PUT", path, fields + "Content-Length: " + std::to_string(body.size()) + "\r\n") +
         body;
}

// What clients say one after the other, each on a connection of its own; all of it changes.
inline const std::vector<std::string>& changes() {
  const auto to = [](const std::string& destination, const std::string& more = "") {
    return "Destination: http://h" + destination + "\r\n" + more;
  };
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  static const std::vector<std::string> all = {
      put("/new", "hello") + put("/new", "replaced") + get("/new"),
      put("/sub/deep", letters(300'000)) + get("/sub/deep"),
      with("PUT", "/chunks", chunked) + "5\r\nhello\r\n0\r\n\r\n" + get("/chunks"),
      with("PUT", "/chunks", chunked) + "5\r\nhelloX",
      put("/sub", "x"),
      put("/absent/x", "x"),
      put("/outside/x", "x"),
      put("/a.txt", "x", "If-None-Match: *\r\n"),
      put("/a.txt", "x", "If-Match: \"other\"\r\n"),
      put("/a.txt", "x", "If-Match: *\r\n") + get("/a.txt"),
      put("/half", "half of it").substr(0, 55),
      put("/.weft-temporary-1", "x"),
      with("DELETE", "/new") + with("DELETE", "/new") + with("DELETE", "/"),
      with("MKCOL", "/made") + with("MKCOL", "/made/") + with("MKCOL", "/absent/x"),
      with("COPY", "/a.txt", to("/made/b")) + with("COPY", "/a.txt", to("/made/b")) +
          with("COPY", "/a.txt", to("/made/b", "Overwrite: F\r\n")) + get("/made/b"),
      with("COPY", "/made", to("/made/in")) + with("COPY", "/a.txt", to("/absent/b")) +
          with("COPY", "/a.txt", "Destination: http://other/b\r\n") + with("COPY", "/a.txt"),
      with("COPY", "/made", to("/copy")) + with("COPY", "/made/", to("/flat/", "Depth: 0\r\n")) +
          get("/copy/b"),
      with("MOVE", "/copy", to("/moved")) + with("MOVE", "/copy", to("/moved")) +
          with("MOVE", "/moved/b", to("/made")) + get("/made"),
      with("DELETE", "/moved/") + with("OPTIONS", "/a.txt") + with("PROPFIND", "/"),
  };
  return all;
}

}  // namespace weft::tests
