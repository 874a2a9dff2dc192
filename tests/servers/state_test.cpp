// SPDX-License-Identifier: BSL-1.0
// Cursors, watches and cancelled transfers, held in memory; time is what the test says.
#include "servers/file/file_service.hpp"
#include "servers/file/query.hpp"
#include "tests/catch.hpp"
#include "tests/servers/answers.hpp"
#include "tests/servers/talk.hpp"

using namespace weft;
using namespace weft::tests;
using servers::file::Method;
using servers::file::Query;

namespace {

struct Scene {
  explicit Scene(std::size_t cursors = 4, bool writable = false)
      : service({.limits = {.request_line = 2048, .head = 2048},
                 .buffer = 4096,
                 .writable = writable,
                 .cursors = cursors,
                 .wall = [] { return 784111777 * os::kSecond; },
                 .clock = [this] { return now; }}) {
    files.files["f"].content = "abcdefghij";
    files.files["g"] = {.content = "0123456789", .inode = 7};
    files.files["empty"].content = "";
    files.files["bare"].directory = true;
    for (int i = 0; i < 20000; ++i) files.files["big"].content += static_cast<char>('a' + i % 26);
  }
  std::string answer(const std::string& method, const std::string& target,
                     const std::string& fields = "") {
    Talk talk(service, files);
    talk.say(request(method, target, fields));
    return talk.heard();
  }
  std::string get(const std::string& target, const std::string& fields = "") {
    return answer("GET", target, fields);
  }
  os::Nanos now = 1000 * os::kSecond;
  MemoryFiles files;
  servers::FileService service;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("a query asks for state, is refused, or is nothing to us") {
  using Kind = Query::Kind;
  const struct {
    Method method;
    const char* target;
    Kind kind;
  } cases[] = {
      {Method::get, "/f", Kind::none},
      {Method::get, "/f?", Kind::none},
      {Method::get, "/f?lang=en&bytes=x", Kind::none},
      {Method::get, "/f?cursor=open", Kind::open},
      {Method::get, "/f?v=1&cursor=open&lease=5&from=10", Kind::open},
      {Method::get, "/f?cursor=0123456789abcdef", Kind::cursor},
      {Method::remove, "/f?cursor=0123456789abcdef", Kind::cursor},
      {Method::get, "/f?watch", Kind::watch},
      {Method::get, "/f?watch=&seconds=300", Kind::watch},
      {Method::remove, "/f?transfer=0123456789abcdef", Kind::transfer},
      {Method::head, "/f?cursor=open", Kind::none},
      {Method::put, "/f?cursor=what", Kind::none},
      {Method::get, "/f?cursor", Kind::malformed},
      {Method::get, "/f?cursor=", Kind::malformed},
      {Method::get, "/f?cursor=17", Kind::malformed},
      {Method::get, "/f?cursor=0123456789abcdeg", Kind::malformed},
      {Method::get, "/f?cursor=0123456789abcdef0", Kind::malformed},
      {Method::get, "/f?cursor=open&cursor=open", Kind::malformed},
      {Method::get, "/f?cursor=open&watch", Kind::malformed},
      {Method::get, "/f?cursor=open&from=-1", Kind::malformed},
      {Method::get, "/f?cursor=open&from=99999999999999999999", Kind::malformed},
      {Method::get, "/f?cursor=open&lease=86401", Kind::malformed},
      {Method::get, "/f?cursor=open&lease=5s", Kind::malformed},
      {Method::get, "/f?cursor=0123456789abcdef&bytes=0", Kind::malformed},
      {Method::get, "/f?watch=1", Kind::malformed},
      {Method::get, "/f?watch&seconds=301", Kind::malformed},
      {Method::get, "/f?transfer=0123456789abcdef", Kind::malformed},
      {Method::remove, "/f?transfer=0", Kind::malformed},
      {Method::remove, "/f?cursor=open", Kind::malformed},
      {Method::remove, "/f?watch", Kind::malformed},
  };
  for (const auto& c : cases) {
    INFO(c.target);
    CHECK(servers::file::parse_query(c.method, c.target).kind == c.kind);
  }
  const auto q = servers::file::parse_query(Method::get, "/f?cursor=open&lease=5&from=10");
  CHECK(q.lease == 5 * os::kSecond);
  CHECK(q.from == 10);
  CHECK(servers::file::parse_query(Method::get, "/f?cursor=00000000000000ff&bytes=9").id == 255);

  Scene scene(4, true);
  CHECK(status(scene.get("/f?cursor=17")) == "400");
  // What was meant for a cursor removes no file.
  CHECK(status(scene.answer("DELETE", "/f?cursor=17")) == "400");
  CHECK(status(scene.answer("DELETE", "/f?watch")) == "400");
  CHECK(scene.files.files.contains("f"));
  CHECK(body(scene.get("/f?lang=en")) == "abcdefghij");
  CHECK(status(scene.answer("DELETE", "/f?lang=en")) == "204");
}

TEST_CASE("a cursor gives one piece after the other, then 204, until it is closed") {
  Scene scene;
  const auto opened = scene.get("/f?cursor=open");
  CHECK(status(opened) == "201");
  const auto id = field(opened, "Cursor");
  CHECK(id.size() == 16);
  CHECK(field(opened, "Location") == "/f?cursor=" + id);
  CHECK(has(body(opened), "cursor " + id + " stands at 0"));
  const std::string target = "/f?cursor=" + id;

  const auto first = scene.get(target + "&bytes=4");
  CHECK(status(first) == "206");
  CHECK(field(first, "Content-Range") == "bytes 0-3/10");
  CHECK(field(first, "ETag") == field(opened, "ETag"));
  CHECK(body(first) == "abcd");
  CHECK(status(scene.answer("HEAD", target)) == "200");  // moves nothing
  CHECK(body(scene.get(target + "&bytes=4")) == "efgh");
  CHECK(body(scene.get(target)) == "ij");
  CHECK(status(scene.get(target)) == "204");
  CHECK(status(scene.get(target)) == "204");
  scene.now += 365 * 86'400 * os::kSecond;
  CHECK(status(scene.get(target)) == "204");

  CHECK(status(scene.answer("DELETE", target)) == "204");
  CHECK(status(scene.answer("DELETE", target)) == "410");
  const auto gone = scene.get(target);
  CHECK(status(gone) == "410");
  CHECK(has(body(gone), "cursor " + id + " is gone: it was closed"));
  CHECK(has(body(gone), "server that has ended"));
}

TEST_CASE("a cursor opens anywhere in the file, at its end too, but not behind it") {
  Scene scene;
  const auto id = field(scene.get("/f?cursor=open&from=8"), "Cursor");
  const auto piece = scene.get("/f?cursor=" + id + "&bytes=18446744073709551615");
  CHECK(field(piece, "Content-Range") == "bytes 8-9/10");
  CHECK(body(piece) == "ij");
  const auto end = field(scene.get("/f?cursor=open&from=10"), "Cursor");
  CHECK(status(scene.get("/f?cursor=" + end)) == "204");
  const auto beyond = scene.get("/f?cursor=open&from=11");
  CHECK(status(beyond) == "416");
  CHECK(field(beyond, "Content-Range") == "bytes */10");
  const auto empty = field(scene.get("/empty?cursor=open"), "Cursor");
  CHECK(status(scene.get("/empty?cursor=" + empty)) == "204");
  CHECK(status(scene.get("/absent?cursor=open")) == "404");
  CHECK(status(scene.get("/bare/?cursor=open")) == "404");
  CHECK(field(scene.get("/bare?cursor=open"), "Location") == "/bare/?cursor=open");
}

TEST_CASE("a lease runs from the last use, and what it frees is free") {
  Scene scene(1);
  const auto id = field(scene.get("/f?cursor=open&lease=5"), "Cursor");
  const std::string target = "/f?cursor=" + id + "&bytes=1";
  const auto full = scene.get("/g?cursor=open");
  CHECK(status(full) == "503");
  CHECK(field(full, "Retry-After") == "1");
  CHECK(has(body(full), "1 cursors are open"));
  scene.now += 4 * os::kSecond;
  CHECK(body(scene.get(target)) == "a");
  scene.now += 4 * os::kSecond;
  CHECK(body(scene.get(target)) == "b");
  scene.now += 5 * os::kSecond;
  SECTION("its client hears of it") {
    const auto gone = scene.get(target);
    CHECK(status(gone) == "410");
    CHECK(has(body(gone), "not used for its lease of 5 s"));
    CHECK(has(body(scene.get(target)), "or its lease ran out"));
    CHECK(status(scene.get("/g?cursor=open")) == "201");
  }
  SECTION("the place is another's") {
    const auto other = field(scene.get("/g?cursor=open"), "Cursor");
    CHECK(other != id);
    CHECK(status(scene.get(target)) == "410");
    CHECK(body(scene.get("/g?cursor=" + other)) == "0123456789");
    scene.now += 1000 * os::kSecond;
    CHECK(status(scene.get("/g?cursor=" + other)) == "204");
    CHECK(status(scene.get("/f?cursor=open")) == "503");
  }
}

TEST_CASE("cursors of a server that has ended are gone from the next, whatever it has opened") {
  Scene scene;
  const auto id = field(scene.get("/f?cursor=open"), "Cursor");
  Scene next;
  for (int i = 0; i < 4; ++i) CHECK(field(next.get("/g?cursor=open"), "Cursor") != id);
  CHECK(status(next.get("/f?cursor=" + id)) == "410");
  CHECK(status(next.answer("DELETE", "/f?cursor=" + id)) == "410");
}

TEST_CASE("a cursor reads the file that it was opened on, and no other") {
  Scene scene;
  const auto id = field(scene.get("/f?cursor=open"), "Cursor");
  CHECK(body(scene.get("/f?cursor=" + id + "&bytes=2")) == "ab");
  CHECK(status(scene.get("/g?cursor=" + id)) == "412");
  ++scene.files.files["f"].inode;
  const auto changed = scene.get("/f?cursor=" + id);
  CHECK(status(changed) == "412");
  CHECK(has(body(changed), "the file has changed since cursor " + id));
  --scene.files.files["f"].inode;
  CHECK(body(scene.get("/f?cursor=" + id + "&bytes=2")) == "cd");
  scene.files.files.erase("f");
  CHECK(status(scene.get("/f?cursor=" + id)) == "404");
}

TEST_CASE("conditions are weighed before a cursor is opened or moves") {
  Scene scene;
  CHECK(status(scene.get("/f?cursor=open", "If-Match: \"other\"\r\n")) == "412");
  const auto id = field(scene.get("/f?cursor=open"), "Cursor");
  CHECK(status(scene.get("/f?cursor=" + id, "If-Match: \"other\"\r\n")) == "412");
  CHECK(status(scene.get("/f?cursor=" + id, "If-None-Match: *\r\n")) == "304");
  CHECK(body(scene.get("/f?cursor=" + id, "Range: bytes=5-6\r\n")) == "abcdefghij");
}

TEST_CASE("who watches hears of a change as soon as it is seen") {
  Scene scene;
  const std::string tag = "If-None-Match: " + field(scene.get("/f"), "ETag") + "\r\n";
  Talk talk(scene.service, scene.files);
  talk.say(request("GET", "/f?watch", tag));
  CHECK(talk.heard().empty());
  CHECK_FALSE(talk.in_request());  // nobody waits for it
  CHECK_FALSE(talk.file_open());
  CHECK(talk.deadline() == 100 * os::kMillisecond);
  talk.expire().expire();
  CHECK(talk.heard().empty());
  scene.files.files["f"].content = "new";
  talk.expire();
  CHECK(status(talk.heard()) == "200");
  CHECK(body(talk.heard()) == "new");
  CHECK(talk.requests() == 1);
  CHECK_FALSE(talk.closed());
  talk.say(request("GET", "/g"));
  CHECK(talk.requests() == 2);
}

TEST_CASE("a watch ends: by its time, by what its client says next, by its leaving") {
  Scene scene;
  const std::string tag = "If-None-Match: " + field(scene.get("/f"), "ETag") + "\r\n";
  SECTION("after half a minute, unless it was told otherwise") {
    Talk talk(scene.service, scene.files);
    talk.say(request("GET", "/f?watch", tag));
    scene.now += 30 * os::kSecond - 1;
    CHECK(talk.expire().heard().empty());
    scene.now += 1;
    CHECK(status(talk.expire().heard()) == "304");
    Talk brief(scene.service, scene.files);
    brief.say(request("GET", "/f?watch&seconds=2", tag));
    scene.now += 2 * os::kSecond;
    CHECK(status(brief.expire().heard()) == "304");
    CHECK(status(scene.get("/f?watch&seconds=0", tag)) == "304");
  }
  SECTION("at once, if the client's copy is another one or it has none") {
    CHECK(status(scene.get("/f?watch", "If-None-Match: \"old\"\r\n")) == "200");
    CHECK(status(scene.get("/f?watch")) == "200");
    CHECK(status(scene.get("/absent?watch", tag)) == "404");
    CHECK(status(scene.get("/bare/?watch", tag)) == "404");
  }
  SECTION("when the client asks for something else") {
    Talk talk(scene.service, scene.files);
    talk.say(request("GET", "/f?watch", tag)).say("GET /g HT");
    CHECK(status(talk.heard()) == "304");
    talk.say("TP/1.1\r\nHost: h\r\n\r\n");
    CHECK(talk.heard().ends_with("0123456789"));
    Talk both(scene.service, scene.files);
    both.say(request("GET", "/f?watch", tag) + request("GET", "/g"));
    CHECK(status(both.heard()) == "304");
    CHECK(both.heard().ends_with("0123456789"));
  }
  SECTION("when its head leaves no room to hear more") {
    Talk talk(scene.service, scene.files);
    const std::string head = request("GET", "/f?watch", tag + "X: y\r\n");
    talk.say(
        request("GET", "/f?watch", tag + "X: y" + std::string(2048 - head.size(), 'y') + "\r\n"));
    CHECK(status(talk.heard()) == "304");
  }
  SECTION("when the client hangs up, or its file goes") {
    Talk talk(scene.service, scene.files);
    talk.say(request("GET", "/f?watch", tag)).hang_up();
    CHECK(talk.closed());
    CHECK(talk.heard().empty());
    CHECK(talk.failures() == 0);
    Talk other(scene.service, scene.files);
    other.say(request("GET", "/f?watch", tag));
    scene.files.files.erase("f");
    CHECK(status(other.expire().heard()) == "404");
  }
}

TEST_CASE("an answer of several pieces has an id, by which another connection breaks it off") {
  Scene scene;
  CHECK(field(scene.get("/f"), "Transfer").empty());
  CHECK(field(scene.answer("HEAD", "/big"), "Transfer").empty());
  const auto whole = scene.get("/big");
  CHECK(body(whole).size() == 20000);
  const auto ended = field(whole, "Transfer");
  CHECK(ended.size() == 16);
  const auto too_late = scene.answer("DELETE", "/big?transfer=" + ended);
  CHECK(status(too_late) == "404");
  CHECK(has(body(too_late), "transfer " + ended + " is not under way"));

  Talk talk(scene.service, scene.files);
  talk.block_sends(true);
  talk.say(request("GET", "/big"));
  talk.hear(1000);
  const auto id = field(talk.heard(), "Transfer");
  CHECK(id != ended);
  SECTION("at its next piece") {
    CHECK(status(scene.answer("DELETE", "/?transfer=" + id)) == "204");
    talk.block_sends(false);
    CHECK(talk.closed());
    CHECK(talk.heard().size() == 4096);
  }
  SECTION("or soon, if its client does not read") {
    CHECK(talk.deadline() == 100 * os::kMillisecond);
    CHECK_FALSE(talk.expire().closed());
    CHECK(status(scene.answer("DELETE", "/?transfer=" + id)) == "204");
    CHECK(talk.expire().closed());
    CHECK(talk.heard().size() == 1000);
  }
  CHECK(talk.failures() == 0);  // it was asked for
  CHECK_FALSE(talk.file_open());
  CHECK(status(scene.answer("DELETE", "/?transfer=" + id)) == "404");
}

TEST_CASE("a slow reader misses no byte, and has its time for a piece") {
  Scene scene;
  Talk talk(scene.service, scene.files);
  talk.block_sends(true);
  talk.say(request("GET", "/big"));
  SECTION("all of it comes") {
    for (int i = 0; i < 50; ++i) {
      scene.now += os::kSecond;
      talk.hear(7);
      talk.expire();
    }
    talk.block_sends(false);
    CHECK(body(talk.heard()) == scene.files.files["big"].content);
  }
  SECTION("a minute is too long") {
    scene.now += 60 * os::kSecond - 1;
    CHECK_FALSE(talk.expire().closed());
    CHECK(talk.deadline() == 1);
    scene.now += 1;
    CHECK(talk.expire().closed());
    CHECK(talk.failures() == 1);
  }
}

TEST_CASE("a transfer ends with its connection") {
  Scene scene;
  std::string id;
  auto talk = std::make_unique<Talk>(scene.service, scene.files);
  talk->block_sends(true);
  talk->say(request("GET", "/big"));
  talk->hear(1000);
  id = field(talk->heard(), "Transfer");
  SECTION("that breaks") {
    talk->vanish();
  }
  SECTION("whose session goes") {
    talk.reset();
  }
  CHECK(status(scene.answer("DELETE", "/?transfer=" + id)) == "404");
}

TEST_CASE("a piece of a cursor that is longer than a buffer is a transfer, too") {
  Scene scene;
  const auto id = field(scene.get("/big?cursor=open"), "Cursor");
  const auto piece = scene.get("/big?cursor=" + id + "&bytes=10000");
  CHECK(field(piece, "Transfer").size() == 16);
  CHECK(body(piece) == scene.files.files["big"].content.substr(0, 10000));
}
