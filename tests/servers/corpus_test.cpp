// SPDX-License-Identifier: BSL-1.0
// One corpus of conversations, and one answer to each: what the session says in memory, every model
// under every mapping must say over a socket, byte for byte, however the bytes arrive.
#include <map>

#include "servers/file/file_service.hpp"
#include "tests/catch.hpp"
#include "tests/servers/conversations.hpp"
#include "tests/servers/live.hpp"
#include "tests/servers/talk.hpp"

using namespace weft;
using namespace weft::tests;

namespace {

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
