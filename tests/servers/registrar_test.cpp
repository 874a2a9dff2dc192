// SPDX-License-Identifier: BSL-1.0
// Servers that register by name, as real processes: they are found, they die, the names server
// dies, and clients that go on all the while.
#include "servers/registrar.hpp"

#include <csignal>

#include "servers/names_client.hpp"
#include "tests/catch.hpp"
#include "tests/servers/served.hpp"

using namespace weft;
using namespace weft::tests;

namespace {

constexpr os::Nanos kPatience = 20 * os::kSecond;

// Until `good`, looking often; false after a long time.
template <class Good>
bool comes_true(Good&& good) {
  for (const os::Nanos end = os::now() + kPatience; os::now() < end;) {
    if (good()) return true;
    os::sleep_until(os::now() + 5 * os::kMillisecond);
  }
  return false;
}

std::string text_of_port(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

std::vector<std::string> names_flags() {
  return {"--service", "names", "--model", "fsm"};
}

std::vector<std::string> registered(std::uint16_t names, const std::string& lease = "60") {
  return {"--model", "fsm", "--register", "web@" + text_of_port(names), "--lease", lease};
}

std::string lookup(std::uint16_t names) {
  std::string answer;
  servers::ask_names({.port = names}, "lookup web", kPatience, answer);
  return answer;
}

bool is_known(std::uint16_t names, const Served& server) {
  for (const auto& endpoint : servers::endpoints_in(lookup(names)))
    if (endpoint.port == server.port()) return true;
  return false;
}

}  // namespace

TEST_CASE("A registration is a name at an endpoint") {
  Refusal why;
  const auto sound = servers::parse_registration("web@[::1]:7000", 5, why);
  REQUIRE(sound);
  CHECK(sound->name == "web");
  CHECK(sound->names.host == "::1");
  CHECK(sound->names.port == 7000);
  for (const char* bad : {"", "web", "@127.0.0.1:7000", "web@", "web@7000", "web@localhost:7000",
                          "web@127.0.0.1:0", "w b@127.0.0.1:7000", "web@x@127.0.0.1:7000"})
    CHECK_FALSE(servers::parse_registration(bad, 5, why));
  const os::Address names{.port = 7000};
  CHECK(servers::endpoint_of({"127.0.0.2", 80}, names).host == "127.0.0.2");
  CHECK(servers::endpoint_of({"0.0.0.0", 80}, names).host == "127.0.0.1");
  CHECK(servers::endpoint_of({"::", 80}, names).host == "127.0.0.1");
}

TEST_CASE("Flags of registration that are wrong, or would change nothing, are refused") {
  for (const char* bad :
       {"--register web", "--register web@localhost", "--lease 5",
        "--register web@127.0.0.1:7000 --lease 0", "--service names --layout prefork"}) {
    const auto ran = run(std::string(WEFT_PROGRAM) + " serve --port 0 " + bad);
    CAPTURE(bad, ran.out);
    CHECK(ran.code == 2);
  }
}

TEST_CASE("A server is found by its name: drained it is gone at once, killed when its lease ends") {
  Folder root;
  root.file("a", "hello");
  Served names(root.path(), names_flags());
  Served drained(root.path(), registered(names.port()));
  Served killed(root.path(), registered(names.port(), "1"));
  CHECK(comes_true([&] { return is_known(names.port(), drained); }));
  CHECK(comes_true([&] { return is_known(names.port(), killed); }));

  drained.process().signal(SIGTERM);
  CHECK(drained.exit_code() == 0);
  CHECK_FALSE(is_known(names.port(), drained));  // 60 s have not passed

  // It is renewed: known when its lease would have ended.
  os::sleep_until(os::now() + 1500 * os::kMillisecond);
  CHECK(comes_true([&] { return is_known(names.port(), killed); }));
  killed.process().signal(SIGKILL);
  CHECK(comes_true([&] { return lookup(names.port()).starts_with("error "); }));
}

TEST_CASE("A server serves without its names server, and says once that it is not there") {
  Folder root;
  root.file("a", "hello");
  auto port = [] {
    auto free = os::listen({.port = 0});
    return os::local_port(free.value().get()).value();
  }();
  auto names_server = [&] {
    return os::spawn_process({WEFT_PROGRAM, "serve", "--service", "names", "--model", "fsm",
                              "--port", std::to_string(port)});
  };
  // The line may come before "listening on", so errors go where nobody reads them but this test.
  const std::string said = root.path() + "/said";
  Served server(root.path(), registered(port, "1"), Served::Hears::output,
                {"/bin/sh", "-c", "exec \"$@\" 2>" + said, "sh"});
  auto count = [&](const std::string& what) {
    const std::string text = run("tr -s '[:space:]' ' ' <" + said).out;  // its lines are broken
    int n = 0;
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++n;
    return n;
  };
  CHECK(comes_true([&] { return count("does not answer") == 1; }));
  CHECK(Client(server.port()).send(get("/a")).answer().ends_with("hello"));
  for (int round = 1; round <= 2; ++round) {
    auto names = names_server();
    REQUIRE(names);
    CHECK(comes_true([&] { return is_known(port, server); }));
    CHECK(comes_true([&] { return count("knows this server as web") == round; }));
    names->signal(SIGKILL);
    names->wait();
    CHECK(comes_true([&] { return count("does not answer") == round + 1; }));
  }
  CHECK(Client(server.port()).send(get("/a")).answer().ends_with("hello"));
  server.process().signal(SIGTERM);
  CHECK(server.exit_code() == 0);
}

TEST_CASE("prefork: its processes share an endpoint, which goes when all have drained") {
  Folder root;
  root.file("a", "hello");
  Served names(root.path(), names_flags());
  auto flags = registered(names.port());
  flags.insert(flags.end(), {"--layout", "prefork", "--processes", "2"});
  Served served(root.path(), flags, Served::Hears::errors_too);
  CHECK(comes_true([&] { return is_known(names.port(), served); }));
  served.process().signal(SIGTERM);
  CHECK(served.exit_code() == 0);
  CHECK_FALSE(is_known(names.port(), served));
}

TEST_CASE("Two servers share a name, one is killed under load, and no request fails") {
  Folder root;
  root.file("a", "hello");
  Served names(root.path(), names_flags());
  Served one(root.path(), registered(names.port())), two(root.path(), registered(names.port()));
  CHECK(comes_true([&] { return is_known(names.port(), one) && is_known(names.port(), two); }));
  const bool kept = GENERATE(false, true);
  CAPTURE(kept);
  std::vector<std::string> load = {WEFT_PROGRAM, "load", "http://web/a", "--names"};
  load.push_back(text_of_port(names.port()));
  for (const char* word :
       {"--warm-up", "0", "--duration", "3", "--expect", "failed-over>0", "--expect", "errors=0"})
    load.emplace_back(word);
  // Of kept connections two lead to the one that is killed, and only one of them can come upon the
  // other server by chance when it dials again.
  if (kept)
    load.insert(load.end(), {"--keep-alive", "--connections", "4", "--think", "constant:10"});
  else
    load.insert(load.end(), {"--rate", "200"});
  auto client = os::spawn_process(load);
  REQUIRE(client);
  // Once it is asked, it dies.
  auto asked = [&] {
    one.process().signal(SIGUSR1);
    return one.line().find("\"requests\":0,") == std::string::npos;
  };
  CHECK(comes_true(asked));
  one.process().signal(SIGKILL);
  const auto exit = client->wait(os::now() + 60 * os::kSecond);
  REQUIRE(exit);
  std::array<std::byte, 65536> bytes;
  const auto got = os::read(client->out(), bytes);
  REQUIRE(got);
  const std::string said(reinterpret_cast<const char*>(bytes.data()), *got);
  INFO(said);
  CHECK(exit->code == 0);
  CHECK(said.find("no errors") != said.npos);
}
