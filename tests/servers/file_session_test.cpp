// SPDX-License-Identifier: BSL-1.0
// The file service's conversations, held in memory.
#include "servers/file/file_service.hpp"
#include "tests/catch.hpp"
#include "tests/servers/talk.hpp"

using namespace weft;
using tests::MemoryFiles;
using tests::Talk;

namespace {

constexpr const char* kDate = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

servers::FileOptions options() {
  servers::FileOptions o;
  o.wall = [] { return 784111777 * lwp::os::kSecond; };
  o.buffer = 4096;
  o.head_limit = 2048;
  return o;
}

struct Scene {
  explicit Scene(servers::FileOptions o = options()) : service(std::move(o)) {
    files.files["a.txt"].content = "hello\n";
    files.files["index.html"].content = "<p>";
    files.files["dir"].directory = true;
    files.files["dir/index.html"].content = "in dir";
    files.files["bare"].directory = true;
    files.files["empty"].content = "";
    std::string big;
    for (int i = 0; i < 20000; ++i) big += static_cast<char>('a' + i % 26);
    files.files["big"].content = big;
  }
  std::string answer(std::string_view request) {
    Talk talk(service, files);
    talk.say(request);
    return talk.heard();
  }
  MemoryFiles files;
  servers::FileService service;
};

std::string get(const std::string& path, const std::string& fields = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}
bool begins(const std::string& text, const std::string& with) {
  return text.rfind(with, 0) == 0;
}
std::string body(const std::string& answer) {
  auto end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "(no head)" : answer.substr(end + 4);
}

}  // namespace

TEST_CASE("a file is answered whole") {
  Scene scene;
  CHECK(scene.answer(get("/a.txt")) ==
        std::string("HTTP/1.1 200 OK\r\n") + kDate +
            "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 6\r\n"
            "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"2a-6-ae1b981bc490a00\"\r\n\r\n"
            "hello\n");
  CHECK(body(scene.answer(get("/big"))) == scene.files.files["big"].content);
  CHECK(body(scene.answer(get("/empty"))).empty());
}

TEST_CASE("HEAD has GET's head and no body") {
  Scene scene;
  std::string head = scene.answer("HEAD /a.txt HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(head + "hello\n" == scene.answer(get("/a.txt")));
  std::string absent = scene.answer("HEAD /absent HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(absent + "404 Not Found\n" == scene.answer(get("/absent")));
}

TEST_CASE("a folder is its index or nothing") {
  Scene scene;
  CHECK(body(scene.answer(get("/"))) == "<p>");
  CHECK(body(scene.answer(get("/dir"))) == "in dir");
  CHECK(body(scene.answer(get("/dir/"))) == "in dir");
  CHECK(begins(scene.answer(get("/bare")), "HTTP/1.1 404 "));
  CHECK(begins(scene.answer(get("/bare/")), "HTTP/1.1 404 "));
  scene.files.files["odd"].directory = true;
  scene.files.files["odd/index.html"].directory = true;
  CHECK(begins(scene.answer(get("/odd")), "HTTP/1.1 404 "));
}

TEST_CASE("whatever keeps a file from being opened, its name does not leak why") {
  Scene scene;
  for (int error : {ENOENT, EACCES, EXDEV, ELOOP, ENOTDIR, ENAMETOOLONG}) {
    scene.files.files["x"].fail_open = error;
    CHECK(scene.answer(get("/x")) == scene.answer(get("/absent")));
  }
  scene.files.files["x"].fail_open = EMFILE;
  CHECK(begins(scene.answer(get("/x")), "HTTP/1.1 503 "));
  scene.files.files["x"].fail_open = EIO;
  CHECK(begins(scene.answer(get("/x")), "HTTP/1.1 500 "));
}

TEST_CASE("an unchanged file is 304") {
  Scene scene;
  std::string same = scene.answer(get("/a.txt", "If-None-Match: \"2a-6-ae1b981bc490a00\"\r\n"));
  CHECK(begins(same, "HTTP/1.1 304 Not Modified\r\n"));
  CHECK(body(same).empty());
  CHECK(same.find("ETag: \"2a-6-ae1b981bc490a00\"\r\n") != std::string::npos);
  CHECK(same.find("Content-Length") == std::string::npos);
  CHECK(begins(scene.answer(get("/a.txt", "If-None-Match: \"x\"\r\n")), "HTTP/1.1 200 "));
}

TEST_CASE("other methods are told what is allowed, and the connection stays") {
  Scene scene;
  Talk talk(scene.service, scene.files);
  talk.say("DELETE /a.txt HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(begins(talk.heard(), "HTTP/1.1 405 Method Not Allowed\r\n"));
  CHECK(talk.heard().find("Allow: GET, HEAD\r\n") != std::string::npos);
  CHECK_FALSE(talk.closed());
}

TEST_CASE("malformed requests close, and let the peer read why") {
  Scene scene;
  for (const std::string& bad :
       {std::string("GET / HTTP/1.1\n"), std::string("\x16\x03\x01"), get("/../x"), get("/%00"),
        std::string("GET / HTTP/1.1\r\n\r\n"), get("/", "Host: again\r\n")}) {
    INFO(bad);
    Talk talk(scene.service, scene.files);
    talk.say(bad + get("/a.txt"));  // nothing behind it is answered
    CHECK(talk.heard() == std::string("HTTP/1.1 400 Bad Request\r\n") + kDate +
                              "Connection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
                              "Content-Length: 16\r\n\r\n400 Bad Request\n");
    CHECK(talk.lingers());
    CHECK(talk.requests() == 1);
  }
}

TEST_CASE("a request with a body is refused and the connection closes") {
  Scene scene;
  Talk put(scene.service, scene.files);
  put.say("PUT /a.txt HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345" + get("/a.txt"));
  CHECK(begins(put.heard(), "HTTP/1.1 405 "));
  CHECK(put.lingers());
  Talk with_body(scene.service, scene.files);
  with_body.say(get("/a.txt", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n");
  CHECK(begins(with_body.heard(), "HTTP/1.1 413 "));
  CHECK(with_body.closed());
}

TEST_CASE("too long a head has its own answers") {
  Scene scene;
  Talk target(scene.service, scene.files);
  target.say("GET /" + std::string(4000, 'x'));
  CHECK(begins(target.heard(), "HTTP/1.1 414 "));
  CHECK(target.lingers());
  Talk fields(scene.service, scene.files);
  fields.say("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(4000, 'x'));
  CHECK(begins(fields.heard(), "HTTP/1.1 431 "));
  CHECK(fields.lingers());
}

TEST_CASE("requests may come in any pieces and all at once") {
  Scene scene;
  const std::string requests = get("/a.txt") + "HEAD /dir HTTP/1.1\r\nHost: h\r\n\r\n" +
                               get("/absent") + "DELETE / HTTP/1.1\r\nHost: h\r\n\r\n" +
                               get("/big") + get("/", "Connection: close\r\n") + get("/a.txt");
  Talk whole(scene.service, scene.files);
  whole.say(requests);
  CHECK(whole.requests() == 6);
  CHECK(whole.closed());
  for (std::size_t cut = 1; cut < requests.size(); ++cut) {
    Talk two(scene.service, scene.files);
    two.say(requests.substr(0, cut)).say(requests.substr(cut));
    REQUIRE(two.heard() == whole.heard());
  }
  Talk bytes(scene.service, scene.files);
  for (char c : requests) bytes.say(std::string_view(&c, 1));
  CHECK(bytes.heard() == whole.heard());
}

TEST_CASE("a file read in any pieces is the same file") {
  Scene scene;
  std::string whole = scene.answer(get("/big"));
  for (std::size_t chunk : {1, 7, 1000, 4096}) {
    scene.files.chunk = chunk;
    CHECK(scene.answer(get("/big")) == whole);
  }
}

TEST_CASE("HTTP/1.0 closes unless asked to stay") {
  Scene scene;
  Talk plain(scene.service, scene.files);
  plain.say("GET /a.txt HTTP/1.0\r\n\r\n");
  CHECK(plain.heard().find("Connection: close\r\n") != std::string::npos);
  CHECK((plain.closed() && !plain.lingers()));
  Talk stay(scene.service, scene.files);
  stay.say("GET /a.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(stay.heard().find("Connection: keep-alive\r\n") != std::string::npos);
  CHECK_FALSE(stay.closed());
}

TEST_CASE("a disk that fails before the head is sent is 500") {
  Scene scene;
  scene.files.files["a.txt"].fail_read_at = 0;
  Talk talk(scene.service, scene.files);
  talk.say(get("/a.txt"));
  CHECK(begins(talk.heard(), "HTTP/1.1 500 "));
  CHECK(talk.failures() == 1);
  CHECK_FALSE(talk.closed());
  CHECK_FALSE(talk.file_open());
}

TEST_CASE("an answer that cannot be completed is broken off, never padded") {
  Scene scene;
  SECTION("the disk fails on the way") {
    scene.files.files["big"].fail_read_at = 1000;
  }
  SECTION("the file has become shorter") {
    scene.files.files["big"].longer_by = 5;
  }
  Talk talk(scene.service, scene.files);
  talk.say(get("/big") + get("/a.txt"));
  CHECK(talk.closed());
  CHECK_FALSE(talk.lingers());
  CHECK(talk.failures() == 1);
  CHECK(talk.heard().find("hello") == std::string::npos);
}

TEST_CASE("deadlines: an idle peer goes, half a request is 408, a slow reader is cut off") {
  Scene scene;
  Talk idle(scene.service, scene.files);
  CHECK(idle.expire().closed());
  CHECK(idle.requests() == 0);

  Talk half(scene.service, scene.files);
  half.say("GET / HT").expire();
  CHECK(begins(half.heard(), "HTTP/1.1 408 "));
  CHECK(half.lingers());

  Talk slow(scene.service, scene.files);
  slow.block_sends(true);
  slow.say(get("/big")).expire();
  CHECK(slow.closed());
  CHECK(slow.failures() == 1);
}

TEST_CASE("a server about to end says so") {
  Scene scene;
  scene.service.drain();
  Talk talk(scene.service, scene.files);
  talk.say(get("/a.txt"));
  CHECK(talk.heard().find("Connection: close\r\n") != std::string::npos);
  CHECK(talk.closed());
}

TEST_CASE("CPU is asked for once a request, refused ones included") {
  auto o = options();
  o.cpu_per_request = 9;
  Scene scene(o);
  Talk talk(scene.service, scene.files);
  talk.say(get("/a.txt") + get("/dir") + get("/absent"));
  CHECK(talk.computed() == 27);
}
