// SPDX-License-Identifier: BSL-1.0
// Processes that are started when a client comes: one for each connection, or one that takes the
// listener and ends when nobody comes any more.
#include <algorithm>

#include "tests/catch.hpp"
#include "tests/servers/processes.hpp"

using namespace weft;
using namespace weft::tests;

namespace {

std::vector<std::string> layout(const std::string& name, const std::string& model,
                                std::vector<std::string> more = {}) {
  std::vector<std::string> out = {"--layout", name, "--model", model};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

const std::vector<std::string> kModels = {"single-threaded", "fsm", "dispatcher-worker"};

}  // namespace

TEST_CASE("per-connection: each connection has a process, which ends with it and alone") {
  Folder root;
  root.file("a", "hello");
  const std::string model = GENERATE(from_range(kModels));
  INFO(model);
  Served served(root.path(), layout("per-connection", model));
  constexpr std::size_t kClients = 3;
  std::set<pid_t> all;
  {
    std::vector<Client> clients;
    for (std::size_t i = 0; i < kClients; ++i) {
      clients.emplace_back(served.port());
      CHECK(clients.back().send(get("/a")).answer().ends_with("hello"));
    }
    all = processes_of(served, kClients);
    CHECK(all.size() == kClients);
    CHECK(all.count(served.process().pid()) == 0);
    for (auto& client : clients) CHECK(client.send(get("/a")).answer().ends_with("hello"));
    ::kill(*all.begin(), SIGKILL);
    std::size_t answered = 0;
    for (auto& client : clients) {
      answered += client.send(get("/a")).answer().ends_with("hello") ? 1U : 0U;
    }
    CHECK(answered == kClients - 1);
  }
  CHECK(comes_true([&] { return std::none_of(all.begin(), all.end(), lives); }));
  CHECK(Client(served.port()).send(get("/a")).answer().ends_with("hello"));
  served.process().signal(SIGTERM);
  CHECK(served.exit_code() == 0);
}

TEST_CASE("per-connection: who comes when all processes are taken waits until one has ended") {
  Folder root;
  root.file("a", "hello");
  Served served(root.path(), layout("per-connection", "fsm", {"--processes", "1"}));
  std::optional<Client> first(served.port());
  CHECK(first->send(get("/a")).answer().ends_with("hello"));
  Client second(served.port());
  second.send(get("/a"));
  CHECK_FALSE(second.hears_within(50 * os::kMillisecond));
  first.reset();
  CHECK(second.answer().ends_with("hello"));
  served.process().signal(SIGTERM);
  CHECK(served.exit_code() == 0);
}

TEST_CASE("on-demand: no process before a client, one for all of them, none when they have gone") {
  Folder root;
  root.file("a", "hello");
  const std::string model = GENERATE(from_range(kModels));
  INFO(model);
  Served served(root.path(), layout("on-demand", model, {"--end-after", "0.3"}));
  served.process().signal(SIGUSR1);
  CHECK(served.line(100 * os::kMillisecond).empty());
  // Who forks is one thread, whatever a server of this model would be.
  const std::filesystem::directory_iterator tasks("/proc/" +
                                                  std::to_string(served.process().pid()) + "/task");
  CHECK(std::distance(begin(tasks), end(tasks)) == 1);
  pid_t before = 0;
  for (int round = 0; round < 2; ++round) {
    pid_t now = 0;
    {
      Client one(served.port()), two(served.port());
      CHECK(one.send(get("/a")).answer().ends_with("hello"));
      CHECK(two.send(get("/a")).answer().ends_with("hello"));
      now = *processes_of(served, 1).begin();
      // An open connection keeps it, however long its client is silent.
      os::sleep_until(os::now() + 500 * os::kMillisecond);
      CHECK(lives(now));
      CHECK(one.send(get("/a")).answer().ends_with("hello"));
    }
    CHECK(now != before);
    CHECK(comes_true([&] { return !lives(now); }));
    before = now;
  }
  served.process().signal(SIGTERM);
  CHECK(served.exit_code() == 0);
}

TEST_CASE("on-demand: clients that come while the process ends are not lost") {
  Folder root;
  root.file("a", "hello");
  Served served(root.path(), layout("on-demand", "fsm", {"--end-after", "0.1"}));
  for (int i = 0; i < 12; ++i) {
    INFO(i);
    CHECK(Client(served.port()).send(get("/a", "Connection: close\r\n")).rest().ends_with("hello"));
    os::sleep_until(os::now() + (94 + 2 * i) * os::kMillisecond);
  }
  served.process().signal(SIGTERM);
  CHECK(served.exit_code() == 0);
}

TEST_CASE("on-demand: a process that is killed is replaced, and SIGHUP brings a new one") {
  Folder root;
  root.file("a", "hello");
  Served served(root.path(), layout("on-demand", "fsm"));
  std::set<pid_t> seen;
  auto ask = [&] {
    CHECK(Client(served.port()).send(get("/a", "Connection: close\r\n")).rest().ends_with("hello"));
    const pid_t pid = *processes_of(served, 1).begin();
    CHECK(seen.insert(pid).second);
    return pid;
  };
  ::kill(ask(), SIGKILL);
  const pid_t second = ask();
  served.process().signal(SIGHUP);
  CHECK(comes_true([&] { return !lives(second); }));
  ask();
  served.process().signal(SIGTERM);
  CHECK(served.exit_code() == 0);
}

TEST_CASE("A superserver says at once what would hinder each process") {
  Folder folder;
  for (const std::string name : {"per-connection", "on-demand"}) {
    const auto ran = run(std::string(WEFT_PROGRAM) + " serve --port 0 --layout " + name +
                         " --root " + folder.path() + "/none");
    CHECK(ran.code == 2);
    CHECK(ran.out.find("cannot serve --root") != std::string::npos);
  }
}
