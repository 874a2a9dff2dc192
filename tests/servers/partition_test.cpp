// SPDX-License-Identifier: BSL-1.0
// Several servers with a port each: of some every one has its own files, of others all have the
// same.
#include "servers/file/partition.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "servers/file/file_service.hpp"
#include "tests/catch.hpp"
#include "tests/servers/processes.hpp"
#include "tests/servers/talk.hpp"

using namespace weft;
using namespace weft::tests;
using servers::file::Partition;

namespace {

std::string number(int i) {
  return std::to_string(i);
}

// The ports that a layout says it listens on.
std::vector<std::uint16_t> ports_of(Served& served, int count) {
  std::vector<std::uint16_t> out = {served.port()};
  while (static_cast<int>(out.size()) < count) {
    const std::string said = served.line();
    out.push_back(static_cast<std::uint16_t>(std::stoi(said.substr(said.rfind(':') + 1))));
  }
  return out;
}

// Of "Location: http://127.0.0.1:4711/x"; 0 if the answer leads nowhere.
std::uint16_t port_in(const std::string& answer) {
  constexpr std::string_view kBefore = "Location: http://127.0.0.1:";
  const auto at = answer.find(kBefore);
  if (at == answer.npos) return 0;
  return static_cast<std::uint16_t>(std::stoi(answer.substr(at + kBefore.size())));
}

std::string request(const std::string& method, const std::string& path, std::uint16_t port,
                    const std::string& fields = "") {
  return method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n" +
         fields + "\r\n";
}

struct Scene {
  Scene() {
    for (int i = 0; i < 100; ++i) files.files[number(i)].content = "hello";
    servers::FileOptions options;
    options.writable = true;
    options.partition = Partition{.host = "h", .ports = {81, 82, 83}, .self = 0};
    partition = *options.partition;
    service.emplace(std::move(options));
  }
  std::string name_of(std::size_t owner) const {
    int i = 0;
    while (partition.owner(number(i)) != owner) ++i;
    return number(i);
  }
  std::string answer(std::string_view request) {
    Talk talk(*service, files);
    talk.say(request);
    closed = talk.closed();
    return talk.heard();
  }
  MemoryFiles files;
  Partition partition;
  std::optional<servers::FileService> service;
  bool closed = false;
};

}  // namespace

TEST_CASE("Names are shared out evenly, and another server moves no more than its share") {
  constexpr int kNames = 4000;
  Partition three{.host = "h", .ports = {1, 2, 3}}, four{.host = "h", .ports = {1, 2, 3, 4}};
  std::map<std::size_t, int> owned;
  int moved = 0;
  for (int i = 0; i < kNames; ++i) {
    const std::string name = "folder/" + number(i) + ".txt";
    const auto before = three.owner(name), after = four.owner(name);
    ++owned[before];
    if (after == before) continue;
    ++moved;
    CHECK(after == 3);
  }
  const auto is_about = [](int n, int share) { return std::abs(n - kNames / share) < kNames / 40; };
  for (const auto& [owner, n] : owned) CHECK(is_about(n, 3));
  CHECK(is_about(moved, 4));
}

TEST_CASE("A server's name for its neighbours is the one by which the client knows it") {
  const Partition p{.host = "::1", .ports = {80, 81}};
  CHECK(p.authority(1, "example.org:80") == "example.org:81");
  CHECK(p.authority(1, "example.org") == "example.org:81");
  CHECK(p.authority(1, "[::1]:80") == "[::1]:81");
  CHECK(p.authority(1, "[::1]") == "[::1]:81");
  CHECK(p.authority(1, "") == "[::1]:81");
}

TEST_CASE("What belongs to another server is answered with its address") {
  Scene scene;
  const std::string mine = scene.name_of(0), other = scene.name_of(2);
  CHECK(scene.answer(get("/" + mine)).starts_with("HTTP/1.1 200 "));
  const std::string led = scene.answer(get("/./" + other + "?x=1"));
  CHECK(led.starts_with("HTTP/1.1 307 Temporary Redirect\r\n"));
  CHECK(led.find("\r\nLocation: http://h:83/" + other + "?x=1\r\n") != std::string::npos);
  CHECK_FALSE(scene.closed);
  // A body that nobody wants is not read as the next request.
  const std::string put = "PUT /" + other + " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
  CHECK(scene.answer(put).starts_with("HTTP/1.1 307 "));
  CHECK(scene.closed);
  CHECK(scene.files.performed.empty());
  const auto copy = [&](const std::string& to) {
    return scene.answer("MOVE /" + mine + " HTTP/1.1\r\nHost: h\r\nDestination: /" + to +
                        "\r\n\r\n");
  };
  CHECK(copy(other).starts_with("HTTP/1.1 502 "));
}

TEST_CASE("Every server says who owns a name") {
  Scene scene;
  const std::string other = scene.name_of(1);
  const std::string said = scene.answer(get("/" + other + "?owner"));
  CHECK(said.ends_with("\r\n\r\n/" + other +
                       " belongs to h:82\n"
                       "owner 1 of 3: h:81, which says this\n"
                       "owner 2 of 3: h:82\n"
                       "owner 3 of 3: h:83\n"));
}

TEST_CASE("partitioned: each file has one owner, to which the others lead") {
  Folder root;
  constexpr int kFiles = 24, kProcesses = 3;
  for (int i = 0; i < kFiles; ++i) root.file(number(i), "file " + number(i));
  Served served(root.path(),
                {"--layout", "partitioned", "--processes", "3", "--model", "fsm", "--writable"});
  const auto ports = ports_of(served, kProcesses);
  std::map<std::uint16_t, int> owned;
  for (int i = 0; i < kFiles; ++i) {
    const std::string path = "/" + number(i);
    const auto here = ports[static_cast<std::size_t>(i % kProcesses)];
    std::string answer = Client(here).send(request("GET", path, here)).answer();
    const auto there = port_in(answer);
    if (there != 0) answer = Client(there).send(request("GET", path, there)).answer();
    CHECK(answer.ends_with("file " + number(i)));
    ++owned[there != 0 ? there : here];
  }
  CHECK(owned.size() == kProcesses);

  // A client that follows changes files as if there were one server.
  const std::string url = "http://127.0.0.1:" + std::to_string(ports[0]);
  for (int i = 0; i < 6; ++i) {
    const auto put = run("echo changed | curl -sSL -T - " + url + "/" + number(i));
    CHECK(put.code == 0);
    CHECK(run("curl -sSL " + url + "/" + number(i)).out == "changed\n");
  }
  served.process().signal(SIGTERM);
  CHECK(served.exit_code() == 0);
}

TEST_CASE("partitioned: an owner that is killed is back at its port") {
  Folder root;
  root.file("a", "hello");
  Served served(root.path(), {"--layout", "partitioned", "--processes", "2", "--model", "fsm"});
  const auto ports = ports_of(served, 2);
  std::string answer = Client(ports[0]).send(request("GET", "/a", ports[0])).answer();
  const auto owner = port_in(answer) != 0 ? port_in(answer) : ports[0];
  for (const pid_t pid : processes_of(served, 2)) ::kill(pid, SIGKILL);
  CHECK(Client(owner).send(request("GET", "/a", owner)).answer().ends_with("hello"));
  served.process().signal(SIGTERM);
  CHECK(served.exit_code() == 0);
}

TEST_CASE("replicated: any of them answers, and one is killed under load unseen by any client") {
  Folder root;
  root.file("a", "hello");
  const std::string model = GENERATE("single-threaded", "fsm", "dispatcher-worker");
  INFO(model);
  Served served(root.path(), {"--layout", "replicated", "--processes", "3", "--model", model});
  const auto ports = ports_of(served, 3);
  const auto processes = processes_of(served, 3);
  CHECK(processes.size() == 3);
  for (const auto port : ports) CHECK(Client(port).send(get("/a")).answer().ends_with("hello"));

  const auto at = [&](std::size_t i) { return "127.0.0.1:" + std::to_string(ports[i]); };
  auto load =
      os::spawn_process({WEFT_PROGRAM, "load", "http://" + at(0) + "/a", "--also", at(1), "--also",
                         at(2), "--keep-alive", "--connections", "6", "--think", "constant:5",
                         "--warm-up", "0", "--duration", "1.5", "--expect", "errors=0"});
  REQUIRE(load);
  os::sleep_until(os::now() + 700 * os::kMillisecond);
  ::kill(*processes.begin(), SIGKILL);
  const auto exit = load->wait(os::now() + kPatience);
  REQUIRE(exit);
  CHECK(exit->code == 0);
  served.process().signal(SIGTERM);
  CHECK(served.exit_code() == 0);
}

TEST_CASE("A layout refuses what would contradict it") {
  const std::string serve = std::string(WEFT_PROGRAM) + " serve ";
  for (const char* flags :
       {"--layout replicated --writable", "--layout partitioned --service echo",
        "--layout on-demand --processes 2", "--end-after 3", "--layout prefork --end-after 3",
        "--layout partitoned", "--layout partitioned --processes 9 --port 65530"}) {
    const auto ran = run(serve + flags);
    INFO(flags << ": " << ran.out);
    CHECK(ran.code == 2);
  }
}
