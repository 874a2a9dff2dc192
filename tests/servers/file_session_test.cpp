// SPDX-License-Identifier: BSL-1.0
// The file service's conversations, held in memory.
#include "servers/file/file_service.hpp"
#include "tests/catch.hpp"
#include "tests/servers/talk.hpp"

using namespace weft;
using tests::DiskWork;
using tests::MemoryFiles;
using tests::Talk;
using tests::without_ids;

namespace {

constexpr const char* kDate = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

servers::FileOptions options() {
  servers::FileOptions o;
  o.wall = [] { return 784111777 * lwp::os::kSecond; };
  o.buffer = 4096;
  o.limits.head = 2048;
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
            "Accept-Ranges: bytes\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: "
            "\"2a-6-ae1b981bc490a00\"\r\n\r\n"
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

TEST_CASE("a folder is its index, or a list of what is in it") {
  Scene scene;
  CHECK(body(scene.answer(get("/"))) == "<p>");
  CHECK(body(scene.answer(get("/dir/"))) == "in dir");
  scene.files.files["bare/<i>&\"'.txt"].content = "12345";
  scene.files.files["bare/sub"].directory = true;
  scene.files.files["bare/a:b"].content = "";
  std::string listing = scene.answer(get("/bare/"));
  CHECK(begins(listing, "HTTP/1.1 200 OK\r\n"));
  CHECK(listing.find("Content-Type: text/html; charset=utf-8\r\n") != std::string::npos);
  auto at = [&](const char* text) { return listing.find(text); };
  CHECK(at("<a href=\"./sub/\">sub/</a>") < at("<a href=\"./a:b\">a:b</a>"));
  CHECK(at("<a href=\"./%3Ci%3E&amp;%22&#39;.txt\">&lt;i&gt;&amp;&quot;&#39;.txt</a></td>"
           "<td>5</td><td>06 Nov 1994 08:49:37 GMT</td>") != std::string::npos);
  CHECK(at("<i>") == std::string::npos);
  auto end = at("\r\n\r\n") + 4;
  CHECK(at(("Content-Length: " + std::to_string(listing.size() - end) + "\r\n").c_str()) < end);
  CHECK(scene.answer("HEAD /bare/ HTTP/1.1\r\nHost: h\r\n\r\n") == listing.substr(0, end));
  scene.files.files["odd"].directory = true;
  scene.files.files["odd/index.html"].directory = true;
  CHECK(begins(scene.answer(get("/odd/")), "HTTP/1.1 200 "));
  scene.files.fail[DiskWork::Kind::list] = ENOENT;
  CHECK(begins(scene.answer(get("/bare/")), "HTTP/1.1 404 "));
}

TEST_CASE("a listing longer than the buffer is sent in parts") {
  Scene scene;
  for (int i = 0; i < 500; ++i) {
    scene.files.files["bare/a-rather-long-name-" + std::to_string(i)].content = "x";
  }
  const std::string listing = scene.answer(get("/bare/") + get("/a.txt"));
  CHECK(listing.find("name-499") != std::string::npos);
  CHECK(listing.find("</html>\n"
                     "HTTP/1.1 200 OK\r\n") != std::string::npos);
}

TEST_CASE("a folder's name without its slash leads to the one with it, on this server") {
  Scene scene;
  CHECK(scene.answer(get("/dir?q=1")) == std::string("HTTP/1.1 301 Moved Permanently\r\n") + kDate +
                                             "Location: /dir/?q=1\r\nContent-Length: 0\r\n\r\n");
  scene.files.files["evil.com/x"].directory = true;
  CHECK(scene.answer(get("//evil.com/x")).find("Location: /evil.com/x/\r\n") != std::string::npos);
  scene.files.files["a\r\nb"].directory = true;
  CHECK(scene.answer(get("/a%0D%0Ab")).find("Location: /a%0D%0Ab/\r\n") != std::string::npos);
}

TEST_CASE("a part of a file is answered, or why not") {
  Scene scene;
  const std::string part = scene.answer(get("/a.txt", "Range: bytes=1-3\r\n"));
  CHECK(begins(part, "HTTP/1.1 206 Partial Content\r\n"));
  CHECK(part.find("Content-Range: bytes 1-3/6\r\n") != std::string::npos);
  CHECK(part.find("Content-Length: 3\r\n") != std::string::npos);
  CHECK(body(part) == "ell");
  const auto& big = scene.files.files["big"].content;
  CHECK(body(scene.answer(get("/big", "Range: bytes=5-15000\r\n"))) == big.substr(5, 14996));
  CHECK(body(scene.answer(get("/big", "Range: bytes=-7\r\n"))) == big.substr(19993));
  const std::string beyond = scene.answer(get("/a.txt", "Range: bytes=6-\r\n"));
  CHECK(begins(beyond, "HTTP/1.1 416 Range Not Satisfiable\r\n"));
  CHECK(beyond.find("Content-Range: bytes */6\r\n") != std::string::npos);
  // Several ranges, another version, HEAD: the whole.
  for (const char* fields :
       {"Range: bytes=0-1,3-4\r\n", "Range: bytes=1-\r\nIf-Range: \"x\"\r\n"}) {
    CHECK(begins(scene.answer(get("/a.txt", fields)), "HTTP/1.1 200 "));
  }
  CHECK(begins(scene.answer("HEAD /a.txt HTTP/1.1\r\nHost: h\r\nRange: bytes=1-3\r\n\r\n"),
               "HTTP/1.1 200 "));
  CHECK(begins(scene.answer(get("/a.txt", "Range: bytes=1-3\r\nIf-None-Match: *\r\n")),
               "HTTP/1.1 304 "));
}

TEST_CASE("whatever keeps a file from being opened, its name does not leak why") {
  Scene scene;
  for (int error : {ENOENT, EACCES, EXDEV, ELOOP, ENOTDIR, ENAMETOOLONG}) {
    scene.files.files["x"].fail_open = error;
    CHECK(scene.answer(get("/x")) == scene.answer(get("/absent")));
  }
  scene.files.files["x"].fail_open = EMFILE;
  CHECK(begins(scene.answer(get("/x")), "HTTP/1.1 503 "));
  CHECK(scene.answer(get("/x")).find("\r\nRetry-After: 1\r\n") != std::string::npos);
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
  CHECK(talk.heard().find("Allow: GET, HEAD, OPTIONS\r\n") != std::string::npos);
  CHECK_FALSE(talk.closed());
  for (const char* target : {"*", "/a.txt", "/absent"}) {
    CHECK(scene.answer(std::string("OPTIONS ") + target + " HTTP/1.1\r\nHost: h\r\n\r\n") ==
          std::string("HTTP/1.1 200 OK\r\n") + kDate +
              "Allow: GET, HEAD, OPTIONS\r\nContent-Length: 0\r\n\r\n");
  }
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
  const std::string requests = get("/a.txt") + "HEAD /dir/ HTTP/1.1\r\nHost: h\r\n\r\n" +
                               get("/absent") + "DELETE / HTTP/1.1\r\nHost: h\r\n\r\n" +
                               get("/big") + get("/", "Connection: close\r\n") + get("/a.txt");
  Talk whole(scene.service, scene.files);
  whole.say(requests);
  CHECK(whole.requests() == 6);
  CHECK(whole.closed());
  for (std::size_t cut = 1; cut < requests.size(); ++cut) {
    Talk two(scene.service, scene.files);
    two.say(requests.substr(0, cut)).say(requests.substr(cut));
    REQUIRE(without_ids(two.heard()) == without_ids(whole.heard()));
  }
  Talk bytes(scene.service, scene.files);
  for (char c : requests) bytes.say(std::string_view(&c, 1));
  CHECK(without_ids(bytes.heard()) == without_ids(whole.heard()));
}

TEST_CASE("a file read in any pieces is the same file") {
  Scene scene;
  const std::string whole = without_ids(scene.answer(get("/big")));
  for (std::size_t chunk : {1, 7, 1000, 4096}) {
    scene.files.chunk = chunk;
    CHECK(without_ids(scene.answer(get("/big"))) == whole);
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

  auto o = options();
  lwp::os::Nanos now = 0;
  o.clock = [&now] { return now; };
  Scene of_slow(o);
  Talk slow(of_slow.service, of_slow.files);
  slow.block_sends(true);
  slow.say(get("/big"));
  now = o.limits.send_time;
  slow.expire();
  CHECK(slow.closed());
  CHECK(slow.failures() == 1);
}

TEST_CASE("a head has its own time, from its first byte on, and a request line its own length") {
  auto o = options();
  o.limits.head_time = 11;
  o.limits.idle_time = 22;
  o.limits.request_line = 30;
  Scene scene(o);
  Talk talk(scene.service, scene.files);
  CHECK(talk.deadline() == 22);
  talk.say("GET /a.txt HTTP/1.1\r\nHo");
  CHECK(talk.deadline() == 11);
  talk.say("st: h\r\n\r\n");
  CHECK(talk.deadline() == 22);
  talk.say(get("/a.txt") + "GET /");  // the next has begun with the last
  CHECK(talk.deadline() == 11);

  const std::string longest = "/a.txt?" + std::string(10, 'q');  // 30 with method and version
  CHECK(begins(scene.answer(get(longest)), "HTTP/1.1 200 "));
  CHECK(begins(scene.answer(get(longest + "q")), "HTTP/1.1 414 "));
  CHECK(scene.answer("GET " + longest + " HTTP/1.1\r").empty());
  CHECK(begins(scene.answer("GET " + longest + " HTTP/1.1qq"), "HTTP/1.1 414 "));
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
  talk.say(get("/a.txt") + get("/dir/") + get("/absent"));
  CHECK(talk.computed() == 27);
}
