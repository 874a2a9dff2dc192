// SPDX-License-Identifier: BSL-1.0
// What the access log says, when its file is renamed, and when nobody takes it.
#include <csignal>
#include <filesystem>

#include "tests/catch.hpp"
#include "tests/servers/served.hpp"

using namespace weft;
using namespace weft::tests;

namespace {

const std::string kBegin = "127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] ";

bool eventually_contains(const std::string& path, const std::string& text) {
  const os::Nanos deadline = os::now() + Client::kPatience;
  while (os::now() < deadline) {
    if (contents(path).find(text) != std::string::npos) return true;
    os::yield_cpu();
  }
  return false;
}

}  // namespace

TEST_CASE("the access log has a line for each request, in the combined format") {
  Folder root, log;
  root.file("a", "hello").file("big", std::string(300'000, 'x'));
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  const std::string file = log.path() + "/log";
  {
    Live live(setup, root.path(), [&](auto& o) {
      o.access_log = file;
      o.writable = true;
      o.limits.head_time = 200 * os::kMillisecond;
    });
    Client client(live.port());
    const std::string from = "Referer: http://h/\r\nUser-Agent: \"me\" \\ \xc3\xa4\r\n";
    client.send(get("/a", from)).answer();
    client.send(get("/a") + get("/absent?q") +
                "HEAD /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    client.answer(), client.answer(), client.answer(true);
    client.send(get("/a", "Range: bytes=1-2\r\n")).answer();
    client.send(get("/big")).answer();
    client.send("PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx").answer();
    client.send("GET /\x01 HTTP/1.1\r\n\r\n").rest();
    Client(live.port()).send("GET /half HT").rest();
    Client(live.port())
        .send("PUT /c HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf")
        .end()
        .rest();
  }
  CHECK(contents(file) == kBegin +
                              R"("GET /a HTTP/1.1" 200 5 "http://h/" "\"me\" \\ \xc3\xa4")"
                              "\n" +
                              kBegin +
                              R"("GET /a HTTP/1.1" 200 5 "-" "-")"
                              "\n" +
                              kBegin +
                              R"("GET /absent?q HTTP/1.1" 404 14 "-" "-")"
                              "\n" +
                              kBegin +
                              R"("HEAD /a HTTP/1.0" 200 - "-" "-")"
                              "\n" +
                              kBegin +
                              R"("GET /a HTTP/1.1" 206 2 "-" "-")"
                              "\n" +
                              kBegin +
                              R"("GET /big HTTP/1.1" 200 300000 "-" "-")"
                              "\n" +
                              kBegin +
                              R"("PUT /b HTTP/1.1" 201 - "-" "-")"
                              "\n" +
                              kBegin +
                              R"("GET /\x01 HTTP/1.1" 400 16 "-" "-")"
                              "\n" +
                              kBegin +
                              R"("GET /half HT" 408 20 "-" "-")"
                              "\n" +
                              kBegin +
                              R"("PUT /c HTTP/1.1" 499 - "-" "-")"
                              "\n");
}

TEST_CASE("who is turned away is in the access log") {
  Folder root, log;
  const std::string file = log.path() + "/log";
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  {
    Live live(setup, root.path(), [&](auto& o) {
      o.access_log = file;
      o.limits.connections = 1;
    });
    Client kept(live.port());
    kept.send(get("/")).answer();
    Client(live.port()).send(get("/")).rest();
  }
  CHECK(contents(file).find(kBegin + R"("-" 503 - "-" "-")") != std::string::npos);
}

TEST_CASE("an access log that is renamed goes on under its name after SIGHUP") {
  Folder root, log;
  root.file("a", "hello");
  const std::string file = log.path() + "/log", old = log.path() + "/log.1";
  Served served(root.path(), {"--access-log", file});
  Client client(served.port());
  client.send(get("/a")).answer();
  CHECK(eventually_contains(file, "GET /a "));
  std::filesystem::rename(file, old);
  served.process().signal(SIGHUP);
  const os::Nanos deadline = os::now() + Client::kPatience;
  while (!std::filesystem::exists(file) && os::now() < deadline) os::yield_cpu();
  client.send(get("/absent")).answer();
  CHECK(eventually_contains(file, "GET /absent "));
  CHECK(contents(old).find("absent") == std::string::npos);
  served.process().signal(SIGTERM);
  CHECK(served.exit_code() == 0);
}

TEST_CASE(
    "a log that nobody takes holds up no request and not the end, and its lines are dropped") {
  Folder root;
  root.file("a", "hello");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Served served(root.path(), flags_of(setup, {"--access-log", "-"}));
  Client client(served.port());
  const std::string request = get("/a?" + std::string(7000, 'x'));
  constexpr int kRequests = 200;  // a pipe and the log's memory hold less than half of that
  for (int i = 0; i < kRequests; ++i) CHECK(client.send(request).answer().ends_with("hello"));
  served.process().signal(SIGTERM);
  CHECK(served.exit_code() == 0);
  int lines = 0;
  for (std::string line = served.line(); !line.empty(); line = served.line()) {
    CHECK(line.size() > 7000);
    ++lines;
  }
  CHECK(lines > 5);
  CHECK(lines < kRequests / 2);
}

TEST_CASE("an access log that cannot be is refused, with what to type") {
  Folder root;
  auto serve = [&](const std::string& flags) {
    return run(std::string(WEFT_PROGRAM) + " serve --port 0 --root " + root.path() + " " + flags);
  };
  CHECK(serve("--access-log /no/such/folder/log").code == 2);
  CHECK(serve("--access-log /no/such/folder/log").out.find("/no/such/folder/log") !=
        std::string::npos);
  CHECK(serve("--service echo --access-log -").code == 2);
}
