// SPDX-License-Identifier: BSL-1.0
#include "labs/dashboard/dashboard.hpp"

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "labs/columns.hpp"
#include "tests/catch.hpp"
#include "tests/labs/weft_program.hpp"
#include "tests/sanitized.hpp"
#include "tests/servers/live.hpp"

using namespace weft;
using namespace weft::labs;
namespace os = lwp::os;
using Json = nlohmann::json;

namespace {

// What a server at a port answers to bytes; it closes the connection.
std::string asked(int port, const std::string& text) {
  weft::tests::Client client(static_cast<std::uint16_t>(port));
  return client.send(text).rest();
}
std::string request(const std::string& first, const std::string& host,
                    const std::string& body = {}) {
  return first + " HTTP/1.1\r\nHost: " + host +
         "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}
Json json_of(const std::string& answer) {
  const auto at = answer.find("\r\n\r\n");
  return at == answer.npos ? Json() : Json::parse(answer.substr(at + 4), nullptr, false);
}

// weft serve --dashboard …, ended with it.
class Served {
 public:
  explicit Served(std::vector<std::string> more) {
    std::vector<std::string> argv = {WEFT_PROGRAM, "serve", "--dashboard", "--port", "0"};
    argv.insert(argv.end(), more.begin(), more.end());
    auto process = os::spawn_process(argv);
    REQUIRE(process);
    process_ = std::move(*process);
    const std::string lines = read_lines(2);
    port_ = std::stoi(lines.substr(lines.find("127.0.0.1:") + 10));
    const std::string url = lines.substr(lines.find("http://127.0.0.1:") + 17);
    page_ = std::stoi(url);
    token_ = url.substr(url.find("token=") + 6, 32);
  }
  ~Served() {
    process_.signal(SIGTERM);
    const auto exit = process_.wait(os::now() + 10 * os::kSecond);
    CHECK(exit);
    if (exit) CHECK(exit->code == 0);  // a sanitizer's complaint is another
  }
  int port() const { return port_; }
  std::string process() const { return std::to_string(process_.pid()); }
  Json live() const { return json_of(get("/live")); }
  std::string get(const std::string& path, const std::string& more = "") const {
    return asked(page_, request("GET " + path + "?token=" + token_ + more, host()));
  }
  std::string control(const std::string& body) const {
    return json_of(asked(page_, request("POST /control?token=" + token_, host(), body)))
        .value("said", "");
  }
  /// Waits until the page says so, for ten seconds.
  template <class Good>
  bool shows(Good&& good) const {
    for (const os::Nanos end = os::now() + 10 * os::kSecond; os::now() < end;) {
      if (good(live())) return true;
      os::sleep_until(os::now() + 50 * os::kMillisecond);
    }
    return false;
  }

 private:
  std::string host() const { return "127.0.0.1:" + std::to_string(page_); }
  std::string read_lines(int n) {
    std::string out;
    while (std::count(out.begin(), out.end(), '\n') < n) {
      std::array<std::byte, 4096> bytes;
      REQUIRE(os::wait_ready(process_.out(), os::kReadable, os::now() + 20 * os::kSecond));
      auto got = os::read(process_.out(), bytes);
      REQUIRE((got && *got > 0));
      out.append(reinterpret_cast<const char*>(bytes.data()), *got);
    }
    return out;
  }

  os::Process process_;
  int port_ = 0, page_ = 0;
  std::string token_;
};

// What the page knows there, or nothing: a recording that has just begun tells of no process yet.
Json at(const Json& live, const char* place) {
  const Json::json_pointer pointer(place);
  return live.contains(pointer) ? live[pointer] : Json();
}
std::string about(const Json& live) {
  const Json said = at(live, "/recordings/0/runtimes/0/about");
  return said.is_string() ? said.get<std::string>() : "";
}
std::string pid_in(const Json& live) {
  return at(live, "/recordings/0/processes/0/number").dump();
}

}  // namespace

TEST_CASE("A dashboard's server answers who knows its token, by its own name") {
  auto opened = dashboard::Http::open(0, [](const dashboard::Request& r) {
    const auto fiber = r.query.find("fiber");
    return dashboard::Answer{200, "text/plain",
                             r.method + " " + r.path + " " + r.body +
                                 (fiber == r.query.end() ? "" : "fiber " + fiber->second)};
  });
  auto& http = *std::get<0>(opened);
  const std::string here = "127.0.0.1:" + std::to_string(http.port());
  const std::string good = "/x?token=" + http.token();
  auto status = [&](const std::string& text) { return asked(http.port(), text).substr(9, 3); };
  CHECK(status(request("GET " + good, here)) == "200");
  CHECK(asked(http.port(), request("POST " + good, here, "body")).ends_with("POST /x body"));
  CHECK(asked(http.port(), request("GET " + good + "&fiber=3", here)).ends_with("/x fiber 3"));
  CHECK(asked(http.port(), request("GET /x?fiber=3&token=" + http.token(), here))
            .ends_with("/x fiber 3"));
  CHECK(status(request("GET /x?fiber=3", here)) == "403");
  CHECK(status(request("GET /x", here)) == "403");
  CHECK(status(request("GET /x?token=", here)) == "403");
  CHECK(status(request("GET " + good + "0", here)) == "403");
  CHECK(status(request("GET " + good, "example.org")) == "421");
  CHECK(http.url() == "http://" + here + "/?token=" + http.token());
  // Too much, and nonsense, end the connection and nothing else.
  asked(http.port(), request("POST " + good, here, std::string(100'000, 'x')));
  asked(http.port(), "nonsense\r\n\r\n");
  CHECK(status(request("GET " + good, here)) == "200");
  auto second = dashboard::Http::open(http.port(), [](const auto&) { return dashboard::Answer{}; });
  CHECK(std::holds_alternative<std::string>(second));
}

TEST_CASE("weft serve --dashboard answers while every LWP is blocked, and starts the server anew") {
  weft::tests::Folder folder;
  folder.file("page.txt", "read slowly");
  const Served served({"--root", folder.path(), "--mapping", "many-to-one", "--workers", "4",
                       "--disk", "slow:60000"});
  CHECK(served.get("/").find("id=\"weft\"") != std::string::npos);
  CHECK(served.get("/nothing").starts_with("HTTP/1.1 404"));
  weft::tests::Client slow(static_cast<std::uint16_t>(served.port()));
  slow.send(weft::tests::get("/page.txt"));
  CHECK(served.shows([&](const Json& live) {
    return live.dump().find("read") != std::string::npos &&
           !at(live, "/recordings/0/calls").empty();
  }));
  const Json live = served.live();
  const std::string pid = pid_in(live);
  REQUIRE(pid != "null");
  const std::string all = labs::testing::run_weft({"ps", "--lang", "en"}).out;
  CHECK(all.find(" " + pid + " ") != std::string::npos);
  CHECK(columns(all.substr(0, all.find('\n'))) <= kWidth);
  const auto one = labs::testing::run_weft({"ps", pid, "--lang", "en"});
  CHECK(one.code == 0);
  CHECK(one.out.find("many-to-one, 1 LWP") == 0);
  CHECK(one.out.find("\n  LWP 1     blocked ") != std::string::npos);
  CHECK(one.out.find("\n  worker 1  blocked ") != std::string::npos);
  CHECK(labs::testing::run_weft({"ps", pid, "--waits"}).out.find("\n  LWP 1 ") ==
        std::string::npos);
  const auto of_parent = labs::testing::run_weft({"ps", served.process(), "--lang", "en"});
  CHECK(of_parent.out.find("process " + pid + ", recorded in") != std::string::npos);
  CHECK_FALSE(slow.hears_within(0));  // the only LWP was in that read all the time
  CHECK(about(served.live()).starts_with("many-to-one, 1 LWP"));

  const Say say(Language::en);
  if (!weft::testing::kSanitized) {  // gdb and a sanitizer do not get along
    // A fiber's calls, or a sentence that says why gdb tells none; and of no other process.
    const auto fiber = live["recordings"][0]["fibers"].back()["number"].dump();
    const std::string stack = served.get("/stack", "&process=" + pid + "&fiber=" + fiber);
    const bool known = stack.find("#0") != stack.npos || stack.find("gdb") != stack.npos ||
                       stack.find("ptrace") != stack.npos ||
                       stack.find("debug information") != stack.npos;
    INFO(stack);
    CHECK(known);
    CHECK(served.get("/stack", "&process=1&fiber=1").ends_with(say("dashboard.nothing_yet")));
    CHECK(served.get("/stack", "&process=x").ends_with(say("dashboard.nothing_yet")));
  }

  CHECK(served.control(R"({"mapping":"many-to-few"})").find("many-to-few") != std::string::npos);
  CHECK(served.control(R"({"workers":"-1"})").find("-1") != std::string::npos);
  CHECK(!served.control("nonsense").empty());
  CHECK(about(served.live()).starts_with("many-to-one, 1 LWP"));
  CHECK(served.control(R"({"mapping":"many-to-many","lwps":"3","disk_ms":"1","rate":"50"})") ==
        Say(Language::en)("dashboard.anew"));
  CHECK(served.shows(
      [](const Json& live) { return about(live).starts_with("many-to-many, 3 LWPs"); }));
  CHECK(served.shows([](const Json& live) { return live.value("rps", 0.0) > 0; }));
  // What the server refuses leaves it as it was.
  CHECK(served.control(R"({"workers":"99999"})") == Say(Language::en)("dashboard.not_so"));
  CHECK(served.shows(
      [](const Json& live) { return about(live).starts_with("many-to-many, 3 LWPs"); }));
}

TEST_CASE("weft serve --dashboard: what was typed stays, whatever its controls change") {
  weft::tests::Folder folder;
  folder.file("page.txt", "read slowly");
  const Served served({"--root", folder.path(), "--mapping", "many-to-many", "--on-block",
                       "handoff", "--preempt", "5", "--disk", "slow:3", "--heads", "2"});
  auto runs = [&](const std::string& mapping, const std::string& disk, bool preempts) {
    return served.shows([&](const Json& live) {
      if (!about(live).starts_with(mapping)) return false;
      std::string command = labs::testing::content("/proc/" + pid_in(live) + "/cmdline");
      std::replace(command.begin(), command.end(), '\0', ' ');
      const bool as_typed = command.find("--preempt 5") != command.npos;
      return command.find(disk) != command.npos && as_typed == preempts;
    });
  };
  CHECK(runs("many-to-many", "--disk slow:3,heads=2", true));
  const std::string anew = Say(Language::en)("dashboard.anew");
  CHECK(served.control(R"({"disk_ms":"0"})") == anew);
  CHECK(served.control(R"({"mapping":"one-to-one"})") == anew);
  CHECK(runs("one-to-one", "--disk none", false));
  CHECK(served.control(R"({"mapping":"many-to-many","disk_ms":"7"})") == anew);
  CHECK(runs("many-to-many", "--disk slow:7,heads=2", true));
  CHECK(served.control(R"({"on_block":"hold"})") == anew);
  CHECK(runs("many-to-many", "--disk slow:7,heads=2", false));
}

TEST_CASE("weft run --dashboard follows a program, and is refused beside --trace") {
  const auto ran =
      labs::testing::run_weft({"run", "--dashboard", "--", WEFT_PROGRAM, "measure", "pipe"});
  CHECK(ran.code == 0);
  CHECK(labs::testing::run_weft({"ps", "1"}).code == 2);
  CHECK(labs::testing::run_weft({"ps", "999999999"}).code == 2);
  CHECK(labs::testing::run_weft({"ps", "--live"}).code == 2);
  const auto word = labs::testing::all_said_by_weft({"ps", "abc", "--lang", "en"});
  CHECK(word.code == 2);
  CHECK(word.out.find("abc is no PID. ./weft ps lists") != word.out.npos);
  const auto refused =
      labs::testing::run_weft({"run", "--dashboard", "--trace", "t", "--", WEFT_PROGRAM});
  CHECK(refused.code == 2);
}
