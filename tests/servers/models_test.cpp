// SPDX-License-Identifier: BSL-1.0
// What models have in common while clients misbehave, wait and leave; one scenario, every setup.
#include <cstdlib>

#include "tests/catch.hpp"
#include "tests/servers/live.hpp"

using namespace weft;
using namespace weft::tests;

namespace {

bool ok(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 200 OK\r\n");
}

void slow_disk(ServerOptions& o, std::string_view text) {
  o.disk = *servers::parse_disk(text).spec;
}

}  // namespace

TEST_CASE("four workers serve more open connections than there are workers") {
  Folder root;
  root.file("a", "hello");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path());
  std::vector<Client> clients;
  for (int i = 0; i < 50; ++i) clients.emplace_back(live.port());
  for (int round = 0; round < 3; ++round) {
    for (auto& c : clients) c.send(get("/a"));
    for (auto& c : clients) CHECK(ok(c.answer()));
  }
  clients.clear();
  live.stop();
  CHECK(live.server().counters().requests.get() == 150);
  CHECK(live.server().counters().connections.get() == 50);
}

TEST_CASE("clients that never finish a request hold nobody, but in the single-threaded server") {
  Folder root;
  root.file("a", "hello");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path());
  std::vector<Client> slow;
  for (int i = 0; i < 20; ++i) slow.emplace_back(live.port()).send("GET /a HT");
  Client good(live.port());
  good.send(get("/a"));
  if (setup.model == "single-threaded") {
    CHECK_FALSE(good.hears_within(100 * os::kMillisecond));
    for (auto& c : slow) c.send("TP/1.1\r\nHost: h\r\n\r\n");
  }
  CHECK(ok(good.answer()));
  if (setup.model != "single-threaded") {
    for (auto& c : slow) c.send("TP/1.1\r\nHost: h\r\n\r\n");
  }
  for (auto& c : slow) CHECK(ok(c.answer()));
}

TEST_CASE("the machine's own disk serves and changes files in every form") {
  Folder root;
  const std::string big(300'000, 'x');
  root.file("a", "hello").file("big", big);
  auto setup = GENERATE(from_range(all_setups()));
  const std::string disk = GENERATE("real", "real,cold");
  INFO(setup << ", " << disk);
  Live live(setup, root.path(), [&](auto& o) {
    slow_disk(o, disk);
    o.writable = true;
  });
  std::vector<Client> clients;
  for (int i = 0; i < 8; ++i)
    clients.emplace_back(live.port()).send(get(i % 2 == 0 ? "/a" : "/big"));
  for (std::size_t i = 0; i < clients.size(); ++i) {
    CHECK(clients[i].answer().ends_with(i % 2 == 0 ? "hello" : big));
  }
  Client& one = clients.front();
  const std::string put = "PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nnew";
  CHECK(one.send(put).answer().starts_with("HTTP/1.1 201"));
  CHECK(one.send(get("/b")).answer().ends_with("new"));
}

TEST_CASE("a client that is silent keeps the worker that has its connection, but not by requests") {
  Folder root;
  root.file("a", "hello");
  const std::string form = GENERATE("by-request", "by-connection");
  INFO(form);
  Setup setup{.name = form, .model = "dispatcher-worker", .workers = 1, .form = form};
  Live live(setup, root.path());
  std::optional<Client> silent(live.port());
  CHECK(ok(silent->send(get("/a")).answer()));
  Client next(live.port());
  next.send(get("/a"));
  if (form == "by-connection") {
    CHECK_FALSE(next.hears_within(50 * os::kMillisecond));
    silent.reset();
  }
  CHECK(ok(next.answer()));
}

TEST_CASE("A form that a model does not have is refused, with those there are") {
  Folder root;
  ServerOptions options;
  options.root = root.path();
  Refusal why;
  options.model = "fsm";
  options.form = "by-request";
  CHECK(Server::open(options, why) == nullptr);
  CHECK(why.message == "--model fsm has no form 'by-request'. There are: amped, sped, uring");
  options.model = "single-threaded";
  CHECK(Server::open(options, why) == nullptr);
  CHECK(why.message.find("has one form only") != std::string::npos);
}

TEST_CASE("a client that does not read stops its own connection only") {
  Folder root;
  root.file("a", "hello").file("big", std::string(20'000'000, 'x'));
  auto setup = GENERATE(from_range(all_setups()));
  if (setup.model == "single-threaded") return;  // everybody waits: that is its lesson
  INFO(setup);
  Live live(setup, root.path());
  Client stuck(live.port());
  stuck.send(get("/big"));
  CHECK(stuck.hears_within(Client::kPatience));
  for (int i = 0; i < 3; ++i) CHECK(ok(Client(live.port()).send(get("/a")).answer()));
  std::string all = stuck.answer();
  CHECK(all.size() > 20'000'000);
}

TEST_CASE("clients that vanish leave nothing behind") {
  Folder root;
  root.file("a", "hello").file("big", std::string(5'000'000, 'x'));
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path(), [](auto& o) { slow_disk(o, "slow:1,heads=8"); });
  for (int i = 0; i < 10; ++i) {
    Client(live.port());                    // says nothing
    Client(live.port()).send("GET /a HT");  // half a request
    Client(live.port()).send(get("/a"));    // waits for nothing
    Client(live.port()).send(get("/big"));  // leaves in the middle
    Client(live.port()).send(get("/a") + get("/a")).end();
  }
  CHECK(ok(Client(live.port()).send(get("/a")).answer()));
  live.stop();  // ends only when every connection has
  CHECK(live.server().counters().connections.get() == 51);
}

TEST_CASE("draining answers what is under way, closes who is idle, and refuses newcomers") {
  Folder root;
  root.file("a", "hello");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path(), [](auto& o) { slow_disk(o, "slow:50,heads=8"); });
  Client idle(live.port());
  CHECK(ok(idle.send(get("/a")).answer()));
  Client fresh(live.port());
  Client busy(live.port());
  busy.send(get("/a"));
  if (blocks_alone(setup)) CHECK(busy.hears_within(Client::kPatience));
  live.server().drain();
  CHECK(ok(busy.answer()));
  CHECK(busy.rest().empty());
  CHECK(idle.rest().empty());
  CHECK(fresh.rest().empty());
  live.stop();
  CHECK_THROWS(Client(live.port()));
  CHECK(live.server().counters().requests.get() == 2);
}

// A server that ends tells its idle connections so. One that its client closes meanwhile may be
// gone, and its descriptor be another's: ThreadSanitizer sees who looks at it then.
TEST_CASE("draining while idle clients close: each connection is closed by one of the two") {
  Folder root;
  root.file("a", "hello");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  constexpr int kRounds = 5, kClients = 12;
  for (int round = 0; round < kRounds; ++round) {
    Live live(setup, root.path());
    std::vector<Client> clients;
    for (int i = 0; i < kClients; ++i) clients.emplace_back(live.port());
    for (auto& c : clients) CHECK(ok(c.send(get("/a")).answer()));
    os::Thread leaver("leaver", [&] { clients.clear(); });
    live.stop();
    leaver.join();
  }
}

TEST_CASE("draining an idle server and draining twice end at once") {
  Folder root;
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path());
  live.server().drain();
  live.server().drain();
  live.stop();
  CHECK(live.server().counters().requests.get() == 0);
}

TEST_CASE("no link leads out of the root, and names outside are only absent") {
  Folder outside, root;
  outside.file("secret", "secret");
  root.file("a", "hello")
      .link("out", outside.path() + "/secret")
      .link("outdir", outside.path())
      .link("up", "..")
      .link("sub/up", "../..")
      .link("proc", "/proc/self/root");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path());
  const char* hidden = std::getenv("WEFT_WITHOUT");
  if (hidden != nullptr) {  // started by the test below
    CHECK(os::has(os::Feature::openat2) ==
          (std::string_view(hidden).find("openat2") == std::string_view::npos));
  }
  std::string name = outside.path().substr(outside.path().rfind('/') + 1);
  Client client(live.port());
  for (const std::string& path :
       {std::string("/out"), std::string("/outdir/secret"), "/up/" + name + "/secret",
        "/sub/up/" + name + "/secret", "/proc" + outside.path() + "/secret"}) {
    INFO(path);
    CHECK(client.send(get(path)).answer().starts_with("HTTP/1.1 404 "));
  }
  CHECK(ok(client.send(get("/a")).answer()));
}

TEST_CASE("without openat2 no link is followed, and the corpus is answered all the same") {
  auto run = os::spawn_process({"env", "WEFT_WITHOUT=openat2", os::own_program(),
                                "no link leads*,a thousand pipelined*,four workers*"});
  REQUIRE(run);
  auto exit = run->wait(os::now() + 60 * os::kSecond);
  REQUIRE(exit);
  CHECK(exit->code == 0);
}

TEST_CASE("what is neither file nor folder is not there, and opening it blocks nobody") {
  Folder root;
  root.file("a", "hello");
  auto made = os::spawn_process({"mkfifo", root.path() + "/fifo"});
  REQUIRE(made);
  REQUIRE(made->wait(os::now() + Client::kPatience)->code == 0);
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path());
  Client client(live.port());
  CHECK(client.send(get("/fifo")).answer().starts_with("HTTP/1.1 404 "));
  CHECK(ok(client.send(get("/a")).answer()));
}

TEST_CASE("an idle server, with idle connections, uses no CPU (alone)") {
  Folder root;
  root.file("a", "hello");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path());
  std::vector<Client> idle;
  for (int i = 0; i < 10; ++i) CHECK(ok(idle.emplace_back(live.port()).send(get("/a")).answer()));
  // One process holds server and client; for this long the client only sleeps.
  constexpr os::Nanos kWindow = 300 * os::kMillisecond;
  os::Nanos least = os::kNever;  // of a few windows: what they all have is the server's
  for (int i = 0; i < 3; ++i) {
    os::Nanos before = os::process_cpu();
    os::sleep_until(os::now() + kWindow);
    least = std::min(least, os::process_cpu() - before);
  }
  CHECK(least < kWindow / 100);
}

TEST_CASE("a request uses the CPU asked for, and not another's (alone)") {
  Folder root;
  root.file("a", "hello");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  constexpr int kRounds = 10, kClients = 4;
  Live live(setup, root.path(), [](auto& o) {
    o.cpu_per_request = 2 * os::kMillisecond;
    slow_disk(o, "slow:1,heads=8");
  });
  std::vector<Client> clients;
  for (int i = 0; i < kClients; ++i) clients.emplace_back(live.port());
  // The least of some rounds: of a processor that others use, time is charged that nobody had.
  os::Nanos each = os::kNever;
  for (int i = 0; i < kRounds; ++i) {
    const os::Nanos before = os::process_cpu();
    for (auto& c : clients) c.send(get("/a"));
    for (auto& c : clients) CHECK(ok(c.answer()));
    each = std::min(each, (os::process_cpu() - before) / kClients);
  }
  INFO(each);
  // The client's own CPU and the dispatching come on top; charging requests for each other's
  // spinning would halve it.
  CHECK(each > 1'900'000);
  CHECK(each < 3'000'000);
}

TEST_CASE("four reads of a slow disk overlap where threads or events carry them (alone)") {
  Folder root;
  root.file("a", "hello").file("hot/a", "hot");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  constexpr os::Nanos kEach = 60 * os::kMillisecond;
  Live live(setup, root.path(), [](auto& o) { slow_disk(o, "slow:60,heads=8,hot=hot/"); });
  std::vector<Client> clients;
  for (int i = 0; i < 4; ++i) clients.emplace_back(live.port());
  CHECK(ok(clients[0].send(get("/hot/a")).answer()));  // now all workers are there
  os::Nanos begin = os::now();
  for (auto& c : clients) c.send(get("/a"));
  for (auto& c : clients) CHECK(ok(c.answer()));
  os::Nanos took = os::now() - begin;
  int lwps = setup.mapping == fibers::Mapping::one_to_one    ? 4
             : setup.mapping == fibers::Mapping::many_to_one ? 1
                                                             : 2;
  if (setup.model == "fsm") lwps = 4;
  if (blocks_alone(setup)) lwps = 1;
  CHECK(took >= kEach * 4 / lwps);
  CHECK(took < kEach * (4 / lwps) + 50 * os::kMillisecond);
  // A hot file never waits.
  begin = os::now();
  CHECK(ok(clients[0].send(get("/hot/a")).answer()));
  CHECK(os::now() - begin < kEach);
}

TEST_CASE("models report what they did") {
  Folder root;
  root.file("a", "hello");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path(), [](auto& o) { slow_disk(o, "slow:1"); });
  for (int i = 0; i < 5; ++i) CHECK(ok(Client(live.port()).send(get("/a")).answer()));
  live.stop();
  std::string line = live.server().counters_line();
  INFO(line);
  auto has = [&](const std::string& text) { return line.find(text) != std::string::npos; };
  CHECK(has("{\"schema\":\"weft.serve/1\""));
  CHECK(has("\"requests\":5,\"errors\":0,\"connections\":5"));
  if (setup.model == "fsm") {
    CHECK(has("\"mapping\":null"));
    CHECK(has("\"states\":5"));
    CHECK_FALSE(has("\"remembered_bytes\":0,"));
  }
  if (setup.model == "fsm" && !blocks_alone(setup)) {
    CHECK(has("\"blocking_reads\":0"));
  } else {
    CHECK(has("\"blocking_reads\":5"));
    CHECK_FALSE(has("\"blocked_ns\":0,"));
  }
  CHECK(line.find('\n') == std::string::npos);
}

TEST_CASE("of many who change one version at once, one succeeds") {
  Folder root;
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path(), [](auto& o) {
    o.writable = true;
    slow_disk(o, "slow:1,heads=8");
  });
  auto put = [](int body, const std::string& condition) {
    return "PUT /counter HTTP/1.1\r\nHost: h\r\n" + condition + "Content-Length: 1\r\n\r\n" +
           std::to_string(body);
  };
  auto tag_of = [](const std::string& answer) {
    auto at = answer.find("ETag: ");
    return answer.substr(at + 6, answer.find("\r\n", at) - at - 6);
  };
  std::string tag = tag_of(Client(live.port()).send(put(0, "If-None-Match: *\r\n")).answer());
  for (int round = 0; round < 5; ++round) {
    std::vector<Client> writers;
    for (int i = 0; i < 6; ++i) {
      writers.emplace_back(live.port()).send(put(i, "If-Match: " + tag + "\r\n"));
    }
    int failed = 0, winner = -1;
    for (int i = 0; i < 6; ++i) {
      const std::string answer = writers[static_cast<std::size_t>(i)].answer();
      if (answer.starts_with("HTTP/1.1 204 ")) {
        CHECK(winner == -1);
        winner = i;
        tag = tag_of(answer);
      }
      failed += answer.starts_with("HTTP/1.1 412 ");
    }
    CHECK(winner >= 0);
    CHECK(failed == 5);
    const std::string now = Client(live.port()).send(get("/counter")).answer();
    CHECK(now.ends_with("\r\n\r\n" + std::to_string(winner)));
    CHECK(tag_of(now) == tag);
  }
}

TEST_CASE("who reads while others write has one version or the other, whole") {
  Folder root;
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path(), [](auto& o) { o.writable = true; });
  const std::string versions[] = {std::string(200'000, 'a'), std::string(150'000, 'b')};
  auto put = [&](int i) {
    const std::string& body = versions[i % 2];
    return "PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  };
  Client writer(live.port()), reader(live.port());
  CHECK(writer.send(put(0)).answer().starts_with("HTTP/1.1 201 "));
  for (int i = 1; i < 10; ++i) {
    reader.send(get("/f"));
    writer.send(put(i));
    const std::string answer = reader.answer();
    CHECK(
        (answer.ends_with("\r\n\r\n" + versions[0]) || answer.ends_with("\r\n\r\n" + versions[1])));
    CHECK(writer.answer().starts_with("HTTP/1.1 204 "));
  }
}

TEST_CASE("uploads that are broken off leave nothing, whatever the model") {
  Folder root;
  root.file("a", "old");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path(), [](auto& o) {
    o.writable = true;
    slow_disk(o, "slow:1,heads=8");
  });
  const std::string half =
      "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n" + std::string(200'000, 'x');
  for (int i = 0; i < 5; ++i) {
    Client(live.port()).send(half);
    Client(live.port()).send(half.substr(0, 70));
  }
  CHECK(Client(live.port()).send(get("/a")).answer().ends_with("\r\n\r\nold"));
  live.stop();
  int names = 0;
  for ([[maybe_unused]] const auto& e : std::filesystem::directory_iterator(root.path())) ++names;
  CHECK(names == 1);
}

TEST_CASE("a server that cannot be says why, and what to type") {
  Folder root;
  ServerOptions o;
  o.root = root.path();
  o.fibers.dump_on_sigquit = false;
  Refusal why;
  auto refused = [&](auto adjust) {
    ServerOptions changed = o;
    adjust(changed);
    why = {};
    return Server::open(changed, why) == nullptr;
  };
  CHECK(refused([](auto& c) { c.root = "/no/such/folder"; }));
  CHECK(why.message.find("/no/such/folder") != std::string::npos);
  CHECK(why.exit_code == 2);
  CHECK(refused([](auto& c) { c.model = "threaded"; }));
  CHECK(refused([](auto& c) { c.service = "ftp"; }));
  CHECK(refused([](auto& c) { c.bind.host = "localhost"; }));
  CHECK(refused([](auto& c) { c.bind.host = "192.0.2.1"; }));
  CHECK(refused([](auto& c) { c.fibers.policy = "nonesuch"; }));
  CHECK(refused([](auto& c) { c.bind.host = "0.0.0.0", c.writable = true; }));
  CHECK(why.message.find("--yes-anyone-can-write") != std::string::npos);
  CHECK(refused([](auto& c) { c.bind.host = "::", c.writable = true; }));
  CHECK(refused([](auto& c) { c.anyone_can_write = true; }));
  CHECK(refused([](auto& c) { c.service = "echo", c.writable = true; }));
  auto first = Server::open(o, why);
  REQUIRE(first);
  CHECK(refused([&](auto& c) { c.bind.port = first->port(); }));
  CHECK(why.exit_code == lwp::kMachineLacks);
  CHECK(why.message.find("is taken") != std::string::npos);
}
