// SPDX-License-Identifier: BSL-1.0
// Several processes that serve one port, as real processes: one dies and is replaced, all are
// renewed under load, a socket is given by who starts it.
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sys/socket.h>
#include <unistd.h>

#include "servers/layouts/supervisor.hpp"
#include "tests/catch.hpp"
#include "tests/servers/processes.hpp"

using namespace weft;
using namespace weft::tests;

namespace {

std::vector<std::string> prefork(int processes, const std::string& model) {
  return {"--layout", "prefork", "--processes", std::to_string(processes), "--model", model};
}

}  // namespace

TEST_CASE("A pause before another start grows while processes die young, up to a limit") {
  using servers::BackOff;
  const BackOff::Times times{.first = 10, .longest = 50, .sound = 1000};
  BackOff back_off(times);
  CHECK(back_off.after(1) == 10);
  CHECK(back_off.after(1) == 20);
  CHECK(back_off.after(1) == 40);
  CHECK(back_off.after(1) == 50);
  CHECK(back_off.after(1) == 50);
  CHECK(back_off.after(1000) == 10);  // that one was sound
  CHECK(back_off.after(1) == 20);
}

TEST_CASE(
    "A supervisor starts again what dies, more seldom each time, and ends when it is told to") {
  struct Seen {
    lwp::atomic<int> starts;
    lwp::atomic<os::Nanos> sixth;
  };
  auto* seen = static_cast<Seen*>(os::shared_memory(sizeof(Seen)));
  REQUIRE(seen != nullptr);
  const os::Nanos began = os::now();
  auto supervisor = os::fork_process([&] {
    return servers::Supervisor({.processes = 1,
                                .pauses = {.first = 5 * os::kMillisecond,
                                           .longest = os::kSecond,
                                           .sound = 10 * os::kSecond},
                                .body =
                                    [&](int, servers::Readiness ready) {
                                      ready.tell();
                                      if (seen->starts.fetch_add(1) == 5) seen->sixth = os::now();
                                      return 7;
                                    },
                                .serving = [] {},
                                .say = [](const std::string&) {}})
        .run();
  });
  REQUIRE(supervisor);
  CHECK(comes_true([&] { return seen->starts >= 6; }));
  CHECK(seen->sixth.load() - began >= (5 + 10 + 20 + 40 + 80) * os::kMillisecond);
  supervisor->signal(SIGTERM);
  const auto exit = supervisor->wait(os::now() + kPatience);
  REQUIRE(exit);
  CHECK((exit->code == 0 || exit->code == 7));  // the latter if one was there at that moment
}

TEST_CASE("Of a server that cannot begin the reason is told once, and nothing is started again") {
  Folder folder;
  const auto ran =
      run(std::string(WEFT_PROGRAM) + " serve --port 0 --layout prefork --processes 3 " +
          "--root " + folder.path() + "/none");
  CHECK(ran.code == 2);
  CHECK(ran.out.find("cannot serve --root") != std::string::npos);
  CHECK(ran.out.find("cannot serve --root") == ran.out.rfind("cannot serve --root"));
  CHECK(ran.out.find("starts in") == std::string::npos);
}

TEST_CASE("prefork: one process is killed, another takes its place, and the port serves on") {
  Folder root;
  root.file("a", "hello");
  const std::string model = GENERATE("single-threaded", "fsm", "dispatcher-worker");
  INFO(model);
  constexpr std::size_t kProcesses = 3;
  Served served(root.path(), prefork(kProcesses, model));
  const auto before = processes_of(served, kProcesses);
  REQUIRE(before.size() == kProcesses);
  const pid_t victim = *before.begin();
  REQUIRE(victim > 0);
  ::kill(victim, SIGKILL);
  for (int i = 0; i < 20; ++i) {
    CHECK(Client(served.port()).send(get("/a")).answer().ends_with("hello"));
  }
  std::set<pid_t> after;
  CHECK(comes_true([&] {
    if (lives(victim)) return false;
    served.process().signal(SIGUSR1);
    std::set<pid_t> now;
    for (std::string line; !(line = served.line(200 * os::kMillisecond)).empty();) {
      now.insert(pid_in(line));
    }
    after = now;
    return now.size() == kProcesses;
  }));
  CHECK(after.count(victim) == 0);
  served.process().signal(SIGTERM);
  CHECK(served.exit_code() == 0);
  for (const pid_t pid : after) CHECK_FALSE(lives(pid));
}

TEST_CASE("prefork: SIGHUP renews every process under load, and no request is lost") {
  Folder root;
  root.file("a", "hello");
  const std::string model = GENERATE("single-threaded", "fsm", "dispatcher-worker");
  INFO(model);
  constexpr std::size_t kProcesses = 2;
  Served served(root.path(), prefork(kProcesses, model));
  const auto before = processes_of(served, kProcesses);
  REQUIRE(before.size() == kProcesses);
  served.process().signal(SIGHUP);
  int asked = 0, answered = 0;
  CHECK(comes_true([&] {
    for (int i = 0; i < 20; ++i) {
      ++asked;
      answered +=
          Client(served.port()).send(get("/a", "Connection: close\r\n")).rest().ends_with("hello");
    }
    return std::none_of(before.begin(), before.end(), lives);
  }));
  CHECK(answered == asked);
  const auto after = processes_of(served, kProcesses);
  CHECK(after.size() == kProcesses);
  for (const pid_t pid : before) CHECK(after.count(pid) == 0);
  served.process().signal(SIGTERM);
  CHECK(served.exit_code() == 0);
}

TEST_CASE("prefork: what cannot begin anew leaves the old processes serving") {
  Folder root;
  root.file("here/a", "hello");
  Served served(root.path() + "/here", prefork(2, "fsm"), Served::Hears::errors_too);
  std::filesystem::rename(root.path() + "/here", root.path() + "/gone");
  served.process().signal(SIGHUP);
  std::string said;
  CHECK(comes_true([&] {
    said += served.line(os::kSecond) + "\n";
    return said.find("starts in") != said.npos;
  }));
  CHECK(said.find("cannot serve --root") != said.npos);
  CHECK(Client(served.port()).send(get("/a")).answer().ends_with("hello"));
  std::filesystem::rename(root.path() + "/gone", root.path() + "/here");
  served.process().signal(SIGTERM);
  CHECK(served.exit_code() == 0);
}

TEST_CASE("prefork: the processes end by themselves when their supervisor is killed") {
  Folder root;
  root.file("a", "hello");
  Served served(root.path(), prefork(2, "fsm"));
  const auto all = processes_of(served, 2);
  served.process().signal(SIGKILL);
  CHECK(comes_true([&] { return std::none_of(all.begin(), all.end(), lives); }));
}

TEST_CASE("A server takes the socket that it is given, and says so if it is none") {
  Folder root;
  root.file("a", "hello");
  auto listener = os::listen({.port = 0});
  REQUIRE(listener);
  const auto port = os::local_port(listener->get());
  REQUIRE(port);
  const bool good = GENERATE(true, false);
  auto pipe = os::pipe();
  REQUIRE(pipe);
  const int given = good ? listener->get() : (*pipe)[0].get();
  auto server = os::fork_process([&] {
    ::dup2(given, 3);
    ::fcntl(3, F_SETFD, 0);
    ::setenv("LISTEN_FDS", "1", 1);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::execl(WEFT_PROGRAM, WEFT_PROGRAM, "serve", "--model", "fsm", "--root", root.path().c_str(),
            static_cast<char*>(nullptr));
    return 127;
  });
  REQUIRE(server);
  if (good) {
    CHECK(Client(*port).send(get("/a")).answer().ends_with("hello"));
    server->signal(SIGTERM);
    const auto exit = server->wait(os::now() + kPatience);
    REQUIRE(exit);
    CHECK(exit->code == 0);
  } else {
    const auto exit = server->wait(os::now() + kPatience);
    REQUIRE(exit);
    CHECK(exit->code == 2);
  }
}
