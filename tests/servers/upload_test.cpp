// SPDX-License-Identifier: BSL-1.0
// PUT and DELETE, held in memory.
#include "servers/file/file_service.hpp"
#include "tests/catch.hpp"
#include "tests/servers/conversations.hpp"
#include "tests/servers/talk.hpp"

using namespace weft;
using tests::DiskWork;
using tests::letters;
using tests::MemoryFiles;
using tests::put;
using tests::Talk;
using tests::with;

namespace {

servers::FileOptions options() {
  servers::FileOptions o;
  o.wall = [] { return 784111777 * lwp::os::kSecond; };
  o.buffer = 4096;
  o.limits.head = 2048;
  o.limits.body = 100'000;
  o.writable = true;
  return o;
}

struct Scene {
  explicit Scene(servers::FileOptions o = options()) : service(std::move(o)) {
    files.files["a.txt"].content = "old";
  }
  std::string& content(const std::string& name = "a.txt") { return files.files.at(name).content; }
  MemoryFiles files;
  servers::FileService service;
};

// The statuses of all answers, in their order.
std::string statuses(const std::string& heard) {
  std::string out;
  for (auto at = heard.find("HTTP/1.1 "); at != heard.npos; at = heard.find("HTTP/1.1 ", at + 1)) {
    out += (out.empty() ? "" : " ") + heard.substr(at + 9, 3);
  }
  return out;
}

constexpr const char* kTag = "\"2a-3-ae1b981bc490a00\"";  // of the old file

}  // namespace

TEST_CASE("an upload makes a file, then replaces it, and says its new tag") {
  Scene scene;
  Talk talk(scene.service, scene.files);
  talk.say(put("/new", "hello") + put("/new", "again!") + with("GET", "/new"));
  CHECK(statuses(talk.heard()) == "201 204 200");
  CHECK(scene.content("new") == "again!");
  CHECK(talk.heard().find("HTTP/1.1 201 Created\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                          "Content-Length: 0\r\nETag: \"2b-5-ae1b981bc490a00\"\r\n\r\n") == 0);
  CHECK(talk.heard().find("ETag: \"2c-6-ae1b981bc490a00\"") != std::string::npos);
  CHECK(talk.requests() == 3);
  CHECK_FALSE(talk.closed());
}

TEST_CASE("an upload may come in any pieces, with more behind it") {
  const std::string chunked = with("PUT", "/c", "Transfer-Encoding: chunked\r\n") +
                              "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: v\r\n\r\n";
  const std::string all = put("/b", letters(300)) + chunked + put("/empty", "") +
                          with("DELETE", "/a.txt") + with("GET", "/c");
  for (std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{50},
                            std::size_t{333}, all.size()}) {
    INFO("pieces of " << piece);
    Scene scene;
    Talk talk(scene.service, scene.files);
    for (std::size_t at = 0; at < all.size(); at += piece) talk.say(all.substr(at, piece));
    CHECK(statuses(talk.heard()) == "201 201 201 204 200");
    CHECK(scene.content("b") == letters(300));
    CHECK(scene.content("c") == "hello world");
    CHECK(scene.content("empty").empty());
    CHECK_FALSE(scene.files.files.contains("a.txt"));
    CHECK_FALSE(scene.files.temporary);
  }
}

TEST_CASE("a body longer than the buffer is written in parts") {
  Scene scene;
  const std::string content = letters(30'000);
  Talk talk(scene.service, scene.files);
  talk.say(put("/big", content));
  std::string chunks = with("PUT", "/chunks", "Transfer-Encoding: chunked\r\n");
  for (std::size_t at = 0; at < content.size(); at += 3000) {
    chunks += "bb8\r\n" + content.substr(at, 3000) + "\r\n";
  }
  talk.say(chunks + "0\r\n\r\n" + with("GET", "/absent"));
  CHECK(statuses(talk.heard()) == "201 201 404");
  CHECK(scene.content("big") == content);
  CHECK(scene.content("chunks") == content);
}

TEST_CASE("a client that asks first is invited, unless it has been refused or could not wait") {
  Scene scene;
  const std::string asks = "Expect: 100-continue\r\n";
  Talk talk(scene.service, scene.files);
  talk.say(with("PUT", "/x", asks + "Content-Length: 5\r\n"));
  CHECK(talk.heard() == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(scene.files.temporary);
  talk.say("hello");
  CHECK(statuses(talk.heard()) == "100 201");

  Talk at_once(scene.service, scene.files);
  at_once.say(put("/y", "hello", asks));
  CHECK(statuses(at_once.heard()) == "201");

  Talk refused(scene.service, scene.files);
  refused.say(with("PUT", "/a.txt", asks + "If-None-Match: *\r\nContent-Length: 5\r\n"));
  CHECK(statuses(refused.heard()) == "412");
  CHECK(refused.lingers());

  Talk empty(scene.service, scene.files);
  empty.say(put("/z", "", asks));
  CHECK(statuses(empty.heard()) == "201");
}

TEST_CASE("an upload that does not end leaves nothing, and the old file") {
  Scene scene;
  const std::string half = put("/a.txt", letters(5000)).substr(0, 4800);
  SECTION("the client goes") {
    Talk talk(scene.service, scene.files);
    talk.say(half);
    CHECK(scene.files.temporary);
    talk.hang_up();
    CHECK(talk.closed());
    CHECK(talk.heard().empty());
    CHECK(talk.requests() == 1);
  }
  SECTION("its time is up") {
    Talk talk(scene.service, scene.files);
    talk.say(half).expire();
    CHECK(statuses(talk.heard()) == "408");
    CHECK(talk.lingers());
  }
  SECTION("its chunks are no chunks") {
    Talk talk(scene.service, scene.files);
    talk.say(with("PUT", "/a.txt", "Transfer-Encoding: chunked\r\n") + "5\r\nhelloX" +
             with("GET", "/a.txt"));
    CHECK(statuses(talk.heard()) == "400");
    CHECK(talk.lingers());
  }
  SECTION("it is longer than allowed") {
    Talk talk(scene.service, scene.files);
    talk.say(with("PUT", "/a.txt", "Content-Length: 100001\r\n"));
    CHECK(statuses(talk.heard()) == "413");
    CHECK(talk.lingers());
    Talk chunks(scene.service, scene.files);
    chunks.say(with("PUT", "/a.txt", "Transfer-Encoding: chunked\r\n"));
    for (int i = 0; i < 30 && !chunks.closed(); ++i) {
      chunks.say("1000\r\n" + letters(4096) + "\r\n");
    }
    CHECK(statuses(chunks.heard()) == "413");
    CHECK(chunks.closed());
  }
  CHECK_FALSE(scene.files.temporary);
  CHECK(scene.content() == "old");
}

TEST_CASE("whatever the disk refuses, the old file stays and the client is told") {
  using Kind = DiskWork::Kind;
  struct Row {
    Kind kind;
    int error, status;
  };
  for (const Row& row :
       {Row{Kind::create, ENOTDIR, 409}, Row{Kind::create, EACCES, 403},
        Row{Kind::create, EMFILE, 503}, Row{Kind::create, EROFS, 403},
        Row{Kind::write, ENOSPC, 507}, Row{Kind::write, EDQUOT, 507}, Row{Kind::write, EFBIG, 507},
        Row{Kind::write, EIO, 500}, Row{Kind::publish, EIO, 500}, Row{Kind::publish, ENOSPC, 507},
        Row{Kind::publish, EISDIR, 409}, Row{Kind::publish, ENAMETOOLONG, 414}}) {
    INFO(static_cast<int>(row.kind) << ": " << row.error);
    Scene scene;
    scene.files.fail[row.kind] = row.error;
    Talk talk(scene.service, scene.files);
    talk.say(put("/a.txt", letters(5000)) + with("GET", "/a.txt"));
    // A body that was read whole leaves the connection usable.
    const bool whole = row.kind == Kind::publish;
    CHECK(statuses(talk.heard()) == std::to_string(row.status) + (whole ? " 200" : ""));
    CHECK(talk.closed() != whole);
    CHECK(talk.failures() == (row.status == 500 || row.status == 503 || row.status == 507 ? 1 : 0));
    CHECK(scene.content() == "old");
    CHECK_FALSE(scene.files.temporary);
  }
}

TEST_CASE("a change is made of one version: a compare-and-set") {
  Scene scene;
  const std::string match = std::string("If-Match: ") + kTag + "\r\n";
  Talk talk(scene.service, scene.files);
  talk.say(put("/a.txt", "one", match) + put("/a.txt", "two", match));
  CHECK(statuses(talk.heard()) == "204 412");
  CHECK(scene.content() == "one");

  // Somebody else has been faster, between the first look and the last.
  Scene race;
  race.files.before_publish = [&] { race.files.files["a.txt"].content = "theirs"; };
  Talk late(race.service, race.files);
  late.say(put("/a.txt", "mine", match));
  CHECK(statuses(late.heard()) == "412");
  CHECK(race.content() == "theirs");
  CHECK_FALSE(race.files.temporary);

  Talk other(race.service, race.files);
  other.say(with("DELETE", "/a.txt", match) + put("/new", "x", "If-None-Match: *\r\n") +
            put("/new", "y", "If-None-Match: *\r\n"));
  CHECK(statuses(other.heard()) == "412 201 412");
  CHECK(other.closed());
}

TEST_CASE("what cannot be put anywhere is refused before it comes") {
  Scene scene;
  auto status = [&](const std::string& request) {
    Talk talk(scene.service, scene.files);
    talk.say(request);
    return statuses(talk.heard()) + (talk.closed() ? " closed" : "");
  };
  CHECK(status(put("/", "x")) == "409 closed");
  CHECK(status(put("/dir/", "x")) == "409 closed");
  CHECK(status(put("/a.txt", "x", "Content-Range: bytes 0-0/3\r\n")) == "400 closed");
  CHECK(status(put("/.weft-temporary-1", "x")) == "404 closed");
  CHECK(status(put("/x/.weft-temporary-1/y", "x")) == "404 closed");
  CHECK(status(put("/x%2fy", "x")) == "404 closed");
  CHECK(status(put("/../x", "x")) == "400 closed");
  CHECK(status(with("DELETE", "/absent")) == "404");
  CHECK(scene.files.performed == std::vector{DiskWork::Kind::remove});
}

TEST_CASE("a service that is not writable changes nothing") {
  auto o = options();
  o.writable = false;
  Scene scene(o);
  for (const char* method : {"DELETE", "MKCOL", "COPY", "MOVE", "PUT"}) {
    INFO(method);
    Talk talk(scene.service, scene.files);
    talk.say(with(method, "/a.txt", "Destination: /b\r\n"));
    CHECK(statuses(talk.heard()) == "405");
    CHECK_FALSE(talk.closed());
  }
  CHECK(scene.files.performed.empty());
}
