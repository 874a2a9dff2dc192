// SPDX-License-Identifier: BSL-1.0
// Cursors, watches and cancelled transfers over real connections, under every setup; and what is
// left of them when a server is killed between two requests.
#include <csignal>
#include <set>

#include "tests/catch.hpp"
#include "tests/servers/answers.hpp"
#include "tests/servers/served.hpp"

using namespace weft;
using namespace weft::tests;

namespace {

// On a connection of its own.
std::string ask(std::uint16_t port, const std::string& method, const std::string& target,
                const std::string& fields = "") {
  return Client(port).send(request(method, target, fields)).answer();
}

}  // namespace

TEST_CASE("a cursor gives each byte once, however many clients ask at the same time") {
  Folder root;
  std::string content;
  for (int i = 0; i < 200; ++i) content += static_cast<char>(i);
  root.file("f", content);
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path());
  const auto id = field(ask(live.port(), "GET", "/f?cursor=open"), "Cursor");
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) clients.emplace_back(live.port());
  std::multiset<char> seen;
  for (int round = 0; round < 10; ++round) {
    for (auto& c : clients) c.send(get("/f?cursor=" + id + "&bytes=1"));
    for (auto& c : clients) seen.insert(body(c.answer()).at(0));
  }
  CHECK(seen == std::multiset<char>(content.begin(), content.end()));
  CHECK(status(ask(live.port(), "GET", "/f?cursor=" + id)) == "204");
  CHECK(status(ask(live.port(), "DELETE", "/f?cursor=" + id)) == "204");
}

TEST_CASE("watchers hear of another client's PUT and of another process's change") {
  Folder root;
  root.file("f", "old").file("g", "hello");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path(), [](auto& o) { o.writable = true; });
  const auto watch = [&](const std::string& tag) {
    return get("/f?watch&seconds=300", "If-None-Match: " + tag + "\r\n");
  };
  const auto old = field(ask(live.port(), "GET", "/f"), "ETag");
  std::vector<Client> watchers;  // more than there are workers
  for (int i = 0; i < 6; ++i) watchers.emplace_back(live.port()).send(watch(old));
  for (int i = 0; i < 3; ++i) CHECK(body(ask(live.port(), "GET", "/g")) == "hello");
  CHECK_FALSE(watchers[0].hears_within(0));
  Client writer(live.port());
  writer.send(request("PUT", "/f", "Content-Length: 3\r\n") + "put");
  CHECK(status(writer.answer()) == "204");
  std::string tag;
  for (auto& w : watchers) {
    const auto answer = w.answer();
    CHECK(body(answer) == "put");
    tag = field(answer, "ETag");
    w.send(watch(tag));
  }
  CHECK(run("cd " + root.path() + " && printf 'by a process' >new && mv new f").code == 0);
  for (auto& w : watchers) CHECK(body(w.answer()) == "by a process");
  CHECK(status(ask(live.port(), "GET", "/f?watch&seconds=0",
                   "If-None-Match: " + field(ask(live.port(), "GET", "/f"), "ETag") + "\r\n")) ==
        "304");
}

TEST_CASE("a server that ends waits for no watcher") {
  Folder root;
  root.file("f", "old");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path());
  const auto old = field(ask(live.port(), "GET", "/f"), "ETag");
  std::vector<Client> watchers;
  for (int i = 0; i < 6; ++i) {
    watchers.emplace_back(live.port())
        .send(get("/f?watch&seconds=300", "If-None-Match: " + old + "\r\n"));
  }
  CHECK(status(ask(live.port(), "GET", "/f")) == "200");
  live.stop();
  for (auto& w : watchers) CHECK(w.rest().empty());
}

TEST_CASE("a transfer under way is cancelled from another connection") {
  constexpr std::size_t kSize = 100'000'000;
  Folder root;
  root.file("big", "");
  std::filesystem::resize_file(root.path() + "/big", kSize);
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path());
  Client client(live.port());
  client.send(get("/big"));
  const auto id = field(client.bytes(1000), "Transfer");
  REQUIRE(id.size() == 16);
  Client control(live.port());
  control.send(request("DELETE", "/big?transfer=" + id));
  if (setup.model == "single-threaded") {  // which hears nobody else meanwhile
    CHECK_FALSE(control.hears_within(300 * os::kMillisecond));
    CHECK(client.bytes(kSize - 1000).size() == kSize - 1000);
    CHECK(status(control.answer()) == "404");
    return;
  }
  CHECK(status(control.answer()) == "204");
  // The client does not read, and yet its request ends: both are counted.
  const os::Nanos patience = os::now() + Client::kPatience;
  while (live.server().counters().requests.get() < 2 && os::now() < patience) {
    os::sleep_until(os::now() + os::kMillisecond);
  }
  CHECK(live.server().counters().requests.get() == 2);
  CHECK(live.server().counters().errors.get() == 0);
  CHECK(client.rest().size() < kSize / 2);
  CHECK(status(control.send(request("DELETE", "/big?transfer=" + id)).answer()) == "404");
}

TEST_CASE(
    "a server killed between any two requests: who has kept the place, and who has it still") {
  Folder root;
  root.file("f", "abcdefghij");
  auto form = GENERATE("stateless", "stateful", "soft");
  const int killed_before = GENERATE(1, 2, 3, 4);  // of: a piece, a piece, a piece, the end
  INFO(form << ", killed before request " << killed_before);
  const std::string what = form;
  std::optional<Served> served(std::in_place, root.path(), std::vector<std::string>{});
  const auto port = served->port();
  std::string got, cursor;
  auto open = [&] {
    std::string target = "/f?cursor=open&from=" + std::to_string(got.size());
    if (what == "soft") target += "&lease=60";
    const auto answer = ask(port, "GET", target);
    CHECK(status(answer) == "201");
    cursor = field(answer, "Cursor");
  };
  if (what != "stateless") open();
  for (int number = 1; number <= 4; ++number) {
    if (number == killed_before) {
      served->process().signal(SIGKILL);
      served->exit_code();
      served.emplace(root.path(), std::vector<std::string>{"--port", std::to_string(port)});
    }
    const std::string range = "Range: bytes=" + std::to_string(got.size()) + "-" +
                              std::to_string(got.size() + 3) + "\r\n";
    auto next = [&] {
      return what == "stateless" ? ask(port, "GET", "/f", range)
                                 : ask(port, "GET", "/f?cursor=" + cursor + "&bytes=4");
    };
    auto answer = next();
    if (what != "stateless" && number == killed_before) {
      CHECK(status(answer) == "410");
      CHECK(body(answer).find("cursor " + cursor + " is gone: ") == 0);
      if (what == "stateful") return;
      open();
      answer = next();
    }
    if (number == 4) {
      CHECK(status(answer) == (what == "stateless" ? "416" : "204"));
    } else {
      CHECK(status(answer) == "206");
      got += body(answer);
    }
  }
  CHECK(got == "abcdefghij");
}
