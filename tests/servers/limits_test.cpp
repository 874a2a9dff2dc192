// SPDX-License-Identifier: BSL-1.0
// What clients may take of a server: how much, how many, how long, how slowly.
#include <csignal>
#include <filesystem>

#include "lwp/os/process_clock.hpp"
#include "servers/pace.hpp"
#include "tests/catch.hpp"
#include "tests/sanitized.hpp"
#include "tests/servers/served.hpp"

using namespace weft;
using namespace weft::tests;

namespace {

bool ok(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 200 ");
}
bool turned_away(const std::string& answer) {
  return answer ==
         "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 7\r\n"
         "Content-Length: 0\r\n\r\n";
}

// Until `holds`, but not for ever.
template <class Holds>
bool eventually(Holds&& holds) {
  const os::Nanos deadline = os::now() + Client::kPatience;
  while (os::now() < deadline) {
    if (holds()) return true;
    os::yield_cpu();
  }
  return false;
}

std::size_t open_descriptors() {
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& e : std::filesystem::directory_iterator("/proc/self/fd")) ++n;
  return n;
}

}  // namespace

TEST_CASE("a peer may fall behind the least rate by the grace, and no farther") {
  servers::Limits limits;
  limits.rate = 1000;
  limits.grace = 2 * os::kSecond;
  servers::Pace pace(limits);
  const os::Nanos begin = 5 * os::kSecond;
  CHECK(pace.wait(begin) == begin + 2 * os::kSecond);
  pace.waited(begin + os::kSecond);  // a second for 500 bytes: half a second behind
  pace.moved(500);
  CHECK(pace.wait(begin + 3 * os::kSecond) ==
        begin + 4'500 * os::kMillisecond);  // its disk is ours
  pace.waited(begin + 4 * os::kSecond);
  pace.moved(1'000'000);  // what it has been faster is not saved up
  CHECK(pace.wait(begin + 4 * os::kSecond) == begin + 6 * os::kSecond);
  pace.waited(begin + 6 * os::kSecond);
  CHECK(pace.too_slow());
  pace.begin();
  CHECK_FALSE(pace.too_slow());
  limits.rate = 0;
  CHECK(servers::Pace(limits).wait(begin) == os::kNever);
}

TEST_CASE("who comes beyond the limit of connections is told 503, and when to come again") {
  Folder root;
  root.file("a", "hello");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Live live(setup, root.path(), [](auto& o) {
    o.limits.connections = 4;
    o.limits.retry_after = 7;
  });
  std::vector<Client> kept;
  for (int i = 0; i < 4; ++i) CHECK(ok(kept.emplace_back(live.port()).send(get("/a")).answer()));
  {
    // More than are turned away at a time: the others wait for their turn in the kernel.
    std::vector<Client> many;
    for (int i = 0; i < 100; ++i) many.emplace_back(live.port()).send(get("/a"));
    for (auto& c : many) {
      CHECK(turned_away(c.rest()));
      Client gone = std::move(c);
    }
  }
  CHECK(live.server().counters().refused.get() == 100);
  for (auto& c : kept) CHECK(ok(c.send(get("/a")).answer()));
  kept.pop_back();
  CHECK(eventually([&] { return ok(Client(live.port()).send(get("/a")).answer()); }));
}

TEST_CASE("a request that finds too many waiting for a worker is told 503") {
  Folder root;
  root.file("a", "hello");
  auto setup = GENERATE(from_range(all_setups()));
  if (setup.model != "dispatcher-worker" || setup.workers == 0) return;
  if (setup.form == "by-connection") return;  // there connections wait, not requests
  INFO(setup);
  Live live(setup, root.path(), [](auto& o) {
    o.workers = 1;
    o.disk = *servers::parse_disk("slow:500").spec;
    o.limits.queue = 1;
    o.limits.retry_after = 7;
  });
  std::vector<Client> clients;
  for (int i = 0; i < 6; ++i) clients.emplace_back(live.port());
  for (auto& c : clients) c.send(get("/a"));
  std::size_t answered = 0, refused = 0;
  for (auto& c : clients) {
    const std::string answer = c.answer();
    answered += ok(answer);
    refused += turned_away(answer);
  }
  CHECK(answered + refused == 6);
  CHECK(answered >= 1);
  CHECK(refused >= 1);
  CHECK(live.server().counters().refused.get() == refused);
  // Those that were refused and stay need a worker once more, to be closed.
  CHECK(eventually([&] { return ok(Client(live.port()).send(get("/a")).answer()); }));
}

TEST_CASE("without a descriptor left, connections wait, the server sleeps, and then serves them") {
  // UBSan asks the kernel by way of a pipe whether memory is there: without one it takes a good
  // object for a bad one.
  if (weft::testing::kSanitized) return;
  Folder root;
  root.file("a", "hello");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Served served(root.path(), flags_of(setup, {"--max-connections", "1000"}), Served::Hears::output,
                {"/bin/sh", "-c", "ulimit -n 48; exec \"$@\"", "sh"});
  std::vector<Client> clients;
  for (int i = 0; i < 80; ++i) clients.emplace_back(served.port()).send(get("/a"));
  CHECK(clients[0].hears_within(Client::kPatience));
  auto cpu = [&] { return os::process_cpu_of(served.process().pid()); };
  constexpr os::Nanos kWindow = 300 * os::kMillisecond;
  os::Nanos least = os::kNever;  // of a few windows: what they all have is the waiting
  for (int i = 0; i < 3; ++i) {
    const os::Nanos before = cpu();
    os::sleep_until(os::now() + kWindow);
    least = std::min(least, cpu() - before);
  }
  CHECK(least < kWindow / 10);
  for (auto& c : clients) {
    const std::string answer = c.answer();
    CHECK((ok(answer) || answer.starts_with("HTTP/1.1 503 ")));  // no descriptor for the file
    Client gone = std::move(c);
  }
  CHECK(ok(Client(served.port()).send(get("/a")).answer()));
  served.process().signal(SIGTERM);
  CHECK(served.exit_code() == 0);
}

TEST_CASE("who is late or too slow is cut off, whatever the model, and leaves nothing") {
  Folder root;
  root.file("a", "hello").file("big", std::string(20'000'000, 'x'));
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  const std::size_t before = open_descriptors();
  {
    Live live(setup, root.path(), [](auto& o) {
      o.writable = true;
      o.limits.rate = 1000;
      o.limits.grace = 300 * os::kMillisecond;
      o.limits.idle_time = 600 * os::kMillisecond;
    });
    Client silent(live.port());
    Client half(live.port());
    half.send("GET /a HT");
    CHECK(half.rest().starts_with("HTTP/1.1 408 "));
    CHECK(silent.rest().empty());
    Client uploads(live.port());
    uploads.send("PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
    CHECK(uploads.rest().starts_with("HTTP/1.1 408 "));
    Client stuck(live.port());
    stuck.send(get("/big"));
    CHECK(eventually([&] { return live.server().counters().errors.get() == 1; }));
    CHECK(stuck.rest().size() < 20'000'000);
    CHECK(ok(Client(live.port()).send(get("/a")).answer()));
    // Who takes as little at a time, but takes it, has all.
    Client steady(live.port());
    steady.send(get("/big"));
    for (std::size_t taken = 0; taken < 1'000'000; taken += 100'000) {
      CHECK(steady.bytes(100'000).size() == 100'000);
      os::sleep_until(os::now() + 50 * os::kMillisecond);
    }
    CHECK(steady.rest().size() > 18'900'000);
  }
  CHECK(open_descriptors() == before);
  CHECK_FALSE(std::filesystem::exists(root.path() + "/b"));
}

TEST_CASE("resets, half-closes and clients that never read leak nothing and hold nobody") {
  Folder root;
  root.file("a", "hello").file("big", std::string(5'000'000, 'x'));
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  const bool waits = setup.model == "single-threaded";  // for each of them: that is its lesson
  const std::size_t before = open_descriptors();
  const std::string half_of_a_put = "PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf";
  {
    Live live(setup, root.path(), [](auto& o) { o.writable = true; });
    std::vector<Client> never_read;
    for (int i = 0; i < 10; ++i) {
      Client(live.port()).send(get("/big")).reset();
      Client(live.port()).send(half_of_a_put).reset();
      Client(live.port()).send("GET /a HT").reset();
      Client(live.port()).reset();
      CHECK(Client(live.port()).send("GET /a HT").end().rest().empty());
      CHECK(Client(live.port()).send(half_of_a_put).end().rest().empty());
      CHECK(ok(Client(live.port()).send(get("/a")).end().rest()));
      if (!waits) never_read.emplace_back(live.port()).send(get("/big"));
      CHECK(ok(Client(live.port()).send(get("/a")).answer()));
    }
    never_read.clear();
    live.stop();  // ends only when every connection has
    CHECK(live.server().counters().errors.get() == 0);
  }
  CHECK(open_descriptors() == before);
  CHECK_FALSE(std::filesystem::exists(root.path() + "/b"));
}

TEST_CASE("weft serve takes limits as flags, and says which are none") {
  Folder root;
  root.file("a", "hello");
  Served served(root.path(), {"--max-head", "1K", "--max-request-line", "100", "--max-body", "10",
                              "--retry-after", "7", "--max-connections", "1", "--writable"});
  auto asks = [&](const std::string& text) { return Client(served.port()).send(text).rest(); };
  auto refused = [&](const std::string& flags) {
    return run(std::string(WEFT_PROGRAM) + " serve --port 0 " + flags);
  };
  auto eventually_starts = [&](const std::string& request, const std::string& with) {
    return eventually([&] { return asks(request).starts_with(with); });
  };
  CHECK(eventually_starts(get("/" + std::string(100, 'x')), "HTTP/1.1 414 "));
  CHECK(eventually_starts(get("/a", "X: " + std::string(1000, 'x') + "\r\n"), "HTTP/1.1 431 "));
  CHECK(eventually_starts("PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n",
                          "HTTP/1.1 413 "));
  Client only(served.port());
  CHECK(eventually([&] { return ok(only.send(get("/a")).answer()); }));
  CHECK(turned_away(asks(get("/a"))));
  for (const char* flags : {"--max-head 1T", "--max-head 100", "--max-request-line 9K",
                            "--max-connections -1", "--idle-seconds 0", "--min-rate fast",
                            "--max-queue 5 --model fsm", "--max-queue 5 --workers 0"}) {
    INFO(flags);
    CHECK(refused(flags).code == 2);
  }
  CHECK(refused("--max-head 1T").out.find("from 512 to 64K") != std::string::npos);
}
