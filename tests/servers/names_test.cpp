// SPDX-License-Identifier: BSL-1.0
// The names service: its conversation in memory, with a clock of the test's; then alive, under
// every configuration.
#include "servers/names.hpp"

#include "servers/names_client.hpp"
#include "tests/catch.hpp"
#include "tests/servers/live.hpp"
#include "tests/servers/talk.hpp"

using namespace weft;
using namespace weft::tests;
using servers::LeaseTable;
using servers::NamesService;

namespace {

// A service whose clock is moved by hand.
struct Names {
  os::Nanos now = 100 * os::kSecond;
  NamesService service;
  MemoryFiles none;

  explicit Names(const LeaseTable::Limits& limits = {})
      : service({.limits = limits, .clock = [this] { return now; }}) {}
  std::string ask(const std::string& line) { return Talk(service, none).say(line + '\n').heard(); }
};

bool is_error(const std::string& answer) {
  return answer.starts_with("error ") && answer.ends_with("\n") &&
         answer.find('\n') == answer.size() - 1;
}

}  // namespace

TEST_CASE("names: a server is found by its name until it says otherwise") {
  Names names;
  CHECK(is_error(names.ask("lookup web")));
  CHECK(names.ask("register web 127.0.0.1:8082 10") == "ok\n");
  CHECK(names.ask("register web 127.0.0.1:8081 20") == "ok\n");
  CHECK(names.ask("register web-2 [::1]:80 5") == "ok\n");
  CHECK(names.ask("lookup web") == "ok 127.0.0.1:8081 127.0.0.1:8082\n");
  CHECK(names.ask("lookup web-2") == "ok [::1]:80\n");
  CHECK(names.ask("list") ==
        "web 127.0.0.1:8081 20\nweb 127.0.0.1:8082 10\nweb-2 [::1]:80 5\nend\n");
  CHECK(names.ask("unregister web 127.0.0.1:8081") == "ok\n");
  CHECK(names.ask("lookup web") == "ok 127.0.0.1:8082\n");
  CHECK(names.ask("unregister web 127.0.0.1:8081") == "ok\n");  // nor is it there now
}

TEST_CASE("names: what is not renewed vanishes when its lease ends") {
  Names names;
  CHECK(names.ask("list") == "end\n");
  names.ask("register a 127.0.0.1:1 3");
  names.ask("register b 127.0.0.1:2 10");
  names.now += 2 * os::kSecond;
  names.ask("register a 127.0.0.1:1 3");  // renewed
  names.now += 2 * os::kSecond;
  CHECK(names.ask("list") == "a 127.0.0.1:1 1\nb 127.0.0.1:2 6\nend\n");
  names.now += os::kSecond - 1;
  CHECK(names.ask("lookup a") == "ok 127.0.0.1:1\n");
  names.now += 1;
  CHECK(is_error(names.ask("lookup a")));
  CHECK(names.ask("list") == "b 127.0.0.1:2 5\nend\n");
  names.ask("register b 127.0.0.1:2 1");  // shorter than it was
  names.now += os::kSecond;
  CHECK(names.ask("list") == "end\n");
}

TEST_CASE("names: what is not a request is refused in a line, and the connection goes on") {
  Names names;
  const std::string longest(63, 'n');
  CHECK(names.ask("register " + longest + " 127.0.0.1:65535 3600") == "ok\n");
  for (const std::string bad : {"",
                                " ",
                                "help",
                                "LIST",
                                "list ",
                                " list",
                                "list all",
                                "lookup",
                                "lookup  web",
                                "lookup a b",
                                "lookup w*b",
                                "register",
                                "register web 127.0.0.1:80",
                                "register web 127.0.0.1:80 5 5",
                                "register web 127.0.0.1:80 0",
                                "register web 127.0.0.1:80 -1",
                                "register web 127.0.0.1:80 3601",
                                "register web 127.0.0.1:80 1.5",
                                "register web 127.0.0.1:80 5s",
                                "register web 127.0.0.1:80 99999999999",
                                "register web localhost:80 5",
                                "register web 127.0.0.1 5",
                                "register web 127.0.0.1:0 5",
                                "register web 127.0.0.1:65536 5",
                                "register web 127.0.0.1:+80 5",
                                "register web 127.0.0.256:80 5",
                                "register web 127.1:80 5",
                                "register web ::1:80 5",
                                "register web [127.0.0.1]:80 5",
                                "register web [::1:80 5",
                                "register web [::1]80 5",
                                "unregister web",
                                "unregister web 127.0.0.1:80 5",
                                "lookup web\tb",
                                "lookup \xc3\xa4"}) {
    CAPTURE(bad);
    CHECK(is_error(names.ask(bad)));
  }
  CHECK(is_error(names.ask("lookup " + longest + "n")));
  CHECK(is_error(names.ask(std::string("lookup a\0b", 10))));
  MemoryFiles none;
  Talk talk(names.service, none);
  talk.say("nonsense\nlookup " + longest + "\n");
  CHECK(talk.heard().ends_with("ok 127.0.0.1:65535\n"));
  CHECK_FALSE(talk.closed());
}

TEST_CASE("names: lines come in any pieces, several at once, and with a carriage return") {
  const std::string said = "register a 127.0.0.1:1 9\r\nlookup a\nlist\nlookup b\r\n";
  for (std::size_t piece = 1; piece <= said.size(); ++piece) {
    Names names;
    Talk talk(names.service, names.none);
    for (std::size_t at = 0; at < said.size(); at += piece) talk.say(said.substr(at, piece));
    CHECK(talk.heard() ==
          "ok\nok 127.0.0.1:1\na 127.0.0.1:1 9\nend\n"
          "error nobody is registered under this name\n");
    CHECK(talk.requests() == 4);
    CHECK_FALSE(talk.in_request());
    talk.say("lis");
    CHECK(talk.in_request());
    talk.hang_up();
    CHECK(talk.closed());
    CHECK(talk.requests() == 4);
  }
}

TEST_CASE("names: a line that is too long is refused, and the connection closes") {
  Names names;
  Talk talk(names.service, names.none);
  talk.say(std::string(NamesService::kMostLine - 1, 'x') + "\n");
  CHECK_FALSE(talk.closed());
  talk.say(std::string(NamesService::kMostLine, 'x'));
  CHECK(talk.closed());
  CHECK(talk.lingers());
  CHECK(talk.heard().ends_with("error a line has at most 160 bytes\n"));
}

TEST_CASE("names: the table is bounded, and what vanished leaves room") {
  Names names({.entries = 3, .of_one_name = 2});
  CHECK(names.ask("register a 127.0.0.1:1 5") == "ok\n");
  CHECK(names.ask("register a 127.0.0.1:2 9") == "ok\n");
  CHECK(is_error(names.ask("register a 127.0.0.1:3 9")));
  CHECK(names.ask("register a.b 127.0.0.1:3 9") == "ok\n");
  CHECK(is_error(names.ask("register c 127.0.0.1:4 9")));
  CHECK(names.ask("register a 127.0.0.1:1 5") == "ok\n");  // renewing takes no room
  names.now += 5 * os::kSecond;
  CHECK(names.ask("register c 127.0.0.1:4 9") == "ok\n");
}

TEST_CASE("names: a long list comes whole, in pieces, while others come and go") {
  Names names;
  std::string expected;
  for (int i = 100; i < 1000; ++i) {
    const std::string entry = "n" + std::to_string(i) + " 127.0.0.1:80";
    CHECK(names.ask("register " + entry + " 60") == "ok\n");
    expected += entry + " 60\n";
  }
  CHECK(names.ask("list") == expected + "end\n");
  Talk talk(names.service, names.none);
  talk.block_sends(true);
  talk.say("list\n");
  names.ask("unregister n999 127.0.0.1:80");
  talk.block_sends(false);
  expected.erase(expected.rfind("n999"));
  CHECK(talk.heard() == expected + "end\n");
}

TEST_CASE("names: many register at once, under every configuration") {
  const auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, "", [](auto& o) { o.service = "names"; });
  constexpr int kClients = 4, kEach = 25;
  std::vector<std::string> bad(kClients);
  {
    std::vector<os::Thread> threads;
    for (int c = 0; c < kClients; ++c) {
      threads.emplace_back("client", [&, c] {
        Client client(live.port());
        for (int i = 0; i < kEach; ++i) {
          const std::string entry =
              "n" + std::to_string(i) + " 127.0.0.1:" + std::to_string(1000 + c);
          client.send("register " + entry + " 60\n");
          if (client.bytes(3) != "ok\n") bad[static_cast<std::size_t>(c)] = entry;
        }
      });
    }
  }
  for (const auto& entry : bad) CHECK(entry.empty());
  const os::Address server{.port = live.port()};
  std::string answer;
  for (int i = 0; i < kEach; ++i) {
    REQUIRE(servers::ask_names(server, "lookup n" + std::to_string(i), Client::kPatience, answer));
    CHECK(answer == "ok 127.0.0.1:1000 127.0.0.1:1001 127.0.0.1:1002 127.0.0.1:1003");
    CHECK(servers::endpoints_in(answer).size() == kClients);
  }
  const std::string list = Client(live.port()).send("list\n").end().rest();
  CHECK(std::count(list.begin(), list.end(), '\n') == kClients * kEach + 1);
  CHECK(list.ends_with("\nend\n"));
}

TEST_CASE("A names server that is not there, or does not answer, is said to be so") {
  auto listener = os::listen({.port = 0});
  REQUIRE(listener);
  const os::Address at{.port = os::local_port(listener->get()).value()};
  std::string why;
  CHECK_FALSE(servers::ask_names(at, "list", 50 * os::kMillisecond, why));
  CHECK(why == "Connection timed out");
  listener->reset();
  CHECK_FALSE(servers::ask_names(at, "list", Client::kPatience, why));
  CHECK(why == "Connection refused");
  CHECK(servers::endpoints_in("error nobody").empty());
  CHECK(servers::endpoints_in("ok").empty());
}
