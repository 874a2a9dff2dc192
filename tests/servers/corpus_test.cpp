// SPDX-License-Identifier: BSL-1.0
// One corpus of conversations, and one answer to each: what the session says in memory, every model
// under every mapping must say over a socket, byte for byte, however the bytes arrive.
#include <map>

#include "servers/file/file_service.hpp"
#include "tests/catch.hpp"
#include "tests/servers/live.hpp"
#include "tests/servers/talk.hpp"

using namespace weft;
using namespace weft::tests;

namespace {

std::string letters(std::size_t n) {
  std::string s(n, '?');
  for (std::size_t i = 0; i < n; ++i) s[i] = static_cast<char>('a' + i * 7 % 26);
  return s;
}

// What clients say on one connection.
const std::vector<std::string>& corpus() {
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

void fill(Folder& folder, const std::string& outside) {
  folder.file("a.txt", "hello\n")
      .file("index.html", "<p>index")
      .file("sub/index.html", "<p>sub")
      .file("bare/x", "x")
      .file("empty", "")
      .file("big.bin", letters(1'000'000))
      .link("outside", outside + "/secret")
      .link("up", "../" + outside.substr(outside.rfind('/') + 1))
      .link("absolute", folder.path() + "/a.txt")
      .link("loop", "loop");
}

std::string in_memory(const std::string& root, const std::string& said) {
  servers::FileService service({.wall = [] { return kFixedDate; }});
  RealFiles files(root);
  Talk talk(service, files);
  return talk.say(said).hang_up().heard();
}

}  // namespace

TEST_CASE("every model answers the corpus alike, byte for byte") {
  Folder root, outside;
  outside.file("secret", "secret").file("a.txt", "wrong");
  fill(root, outside.path());
  root.link("inside", "sub/index.html");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  for (const char* disk : {"none", "real"}) {
    Live live(setup, root.path(), [&](auto& o) { o.disk = *servers::parse_disk(disk).spec; });
    for (const std::string& said : corpus()) {
      INFO(disk << ": " << said.substr(0, 200));
      std::string expected = in_memory(root.path(), said);
      CHECK(expected.find("secret") == std::string::npos);
      Client client(live.port());
      CHECK((without_ids(client.send(said).end().rest()) == without_ids(expected)));
    }
  }
}

namespace {

std::string with(const std::string& method, const std::string& path,
                 const std::string& fields = "") {
  return method + " " + path + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}
std::string put(const std::string& path, const std::string& body, const std::string& fields = "") {
  return with("PUT", path, fields + "Content-Length: " + std::to_string(body.size()) + "\r\n") +
         body;
}

// What clients say one after the other, each on a connection of its own; all of it changes.
const std::vector<std::string>& changes() {
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

// Without what differs from one tree to its twin, and from one moment to the next.
std::string without_versions(const std::string& heard) {
  std::string out;
  for (std::size_t at = 0; at < heard.size();) {
    auto end = std::min(heard.find('\n', at), heard.size() - 1) + 1;
    const auto line = heard.substr(at, end - at);
    if (!line.starts_with("ETag: ") && !line.starts_with("Last-Modified: ") &&
        !line.starts_with("Transfer: ")) {
      out += line;
    }
    at = end;
  }
  return out;
}

// Every file and its content.
std::map<std::string, std::string> contents(const Folder& folder) {
  std::map<std::string, std::string> out;
  for (const auto& e : std::filesystem::recursive_directory_iterator(folder.path())) {
    std::ifstream in(e.path(), std::ios::binary);
    auto& content = out[e.path().string().substr(folder.path().size())];
    if (e.is_symlink()) {
      content = std::filesystem::read_symlink(e.path()).string();
    } else if (e.is_regular_file()) {
      content.assign(std::istreambuf_iterator<char>(in), {});
    }
  }
  return out;
}

}  // namespace

TEST_CASE("every model changes files alike") {
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  for (const char* disk : {"none", "real", "slow:0.1"}) {
    Folder root, twin, outside;
    for (Folder* f : {&root, &twin}) f->file("a.txt", "hello\n").file("sub/x", "x");
    root.link("outside", outside.path());
    twin.link("outside", outside.path());
    RealFiles files(twin.path());
    servers::FileService service({.writable = true, .wall = [] { return kFixedDate; }});
    Live live(setup, root.path(), [&](auto& o) {
      o.disk = *servers::parse_disk(disk).spec;
      o.writable = true;
    });
    for (const std::string& said : changes()) {
      INFO(disk << ": " << said.substr(0, 200));
      Talk talk(service, files);
      const std::string expected = talk.say(said).hang_up().heard();
      Client client(live.port());
      CHECK((without_versions(client.send(said).end().rest()) == without_versions(expected)));
    }
    live.stop();
    CHECK((contents(root) == contents(twin)));
    CHECK(std::filesystem::is_empty(outside.path()));
  }
}

TEST_CASE("an answer does not depend on where its request was cut") {
  Folder root;
  root.file("a.txt", "hello\n");
  const std::string said =
      get("/a.txt") + "HEAD /a.txt HTTP/1.1\r\nHost: h\r\n\r\n" + get("/absent") + "GET /\n";
  const std::string expected = in_memory(root.path(), said);
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path());
  for (std::size_t cut = 1; cut < said.size(); ++cut) {
    INFO(cut);
    Client client(live.port());
    client.send(said.substr(0, cut));
    // A stranger's request in between: the half request is in the server by then, and holds nobody
    // but in the single-threaded server, which waits for the other half.
    if (setup.model != "single-threaded" && cut % 16 == 0) {
      CHECK(Client(live.port()).send(get("/a.txt")).answer().substr(0, 15) == "HTTP/1.1 200 OK");
    }
    REQUIRE((client.send(said.substr(cut)).end().rest() == expected));
  }
}

TEST_CASE("a thousand pipelined requests are answered in order") {
  Folder root;
  for (int i = 0; i < 10; ++i) root.file(std::to_string(i), "file " + std::to_string(i));
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path());
  std::string all;
  for (int i = 0; i < 1000; ++i) all += get("/" + std::to_string(i % 10));
  Client client(live.port());
  client.send(all).end();
  bool right = true;
  for (int i = 0; i < 1000; ++i) {
    std::string answer = client.answer();
    right = right && answer.ends_with("\r\n\r\nfile " + std::to_string(i % 10));
  }
  CHECK(right);
  CHECK(client.rest().empty());
  live.stop();
  CHECK(live.server().counters().requests.get() == 1000);
  CHECK(live.server().counters().errors.get() == 0);
}

TEST_CASE("echo returns a megabyte from every model") {
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, "", [](auto& o) { o.service = "echo"; });
  const std::string all = letters(1 << 20);
  Client client(live.port());
  std::string heard;
  for (std::size_t at = 0; at < all.size(); at += 1 << 16) {
    client.send(std::string_view(all).substr(at, 1 << 16));
    heard += client.bytes(1 << 16);
  }
  CHECK((heard == all));
  CHECK(client.end().rest().empty());
}
