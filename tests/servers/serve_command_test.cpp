// SPDX-License-Identifier: BSL-1.0
// `weft serve` as a process: what it prints, how it ends, how it answers signals, what it refuses.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/catch.hpp"
#include "tests/servers/served.hpp"

using namespace weft;
using namespace weft::tests;

namespace {

Ran serve(const std::string& flags) {
  bool has_port = flags.find("--port") != std::string::npos;
  return run(std::string(WEFT_PROGRAM) + " serve " + (has_port ? "" : "--port 0 ") + flags);
}
// Messages are broken at 80 columns.
std::string unwrapped(std::string text) {
  for (auto at = text.find("\n  "); at != text.npos; at = text.find("\n  ", at))
    text.replace(at, 3, " ");
  return text;
}

}  // namespace

TEST_CASE("weft serve prints its port, tells counters on SIGUSR1, and drains on SIGTERM") {
  Folder root;
  root.file("a", "hello");
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  auto flags = flags_of(setup);
  flags.push_back("--stats");
  Served served(root.path(), flags);
  Client client(served.port());
  CHECK(client.send(get("/a")).answer().ends_with("hello"));
  std::string counters;
  do {  // a request is counted when its answer has gone, which the client may see first
    served.process().signal(SIGUSR1);
    counters = served.line();
  } while (counters.find("\"requests\":0,") != std::string::npos);
  CHECK(counters.starts_with("{\"schema\":\"weft.serve/1\",\"model\":\"" + setup.model + "\""));
  CHECK(counters.find("\"requests\":1,") != std::string::npos);
  served.process().signal(SIGTERM);
  CHECK(client.rest().empty());
  CHECK(served.exit_code() == 0);
  CHECK(served.line().find("\"requests\":1,") != std::string::npos);
}

TEST_CASE("a full disk is 507, again and again: the old file stays, and nothing fills it up") {
  Folder root;
  auto setup = GENERATE(from_range(all_setups()));
  auto limit = GENERATE(as<std::string>{}, "a file of 256 KiB", "a file system of 1 MiB");
  INFO(setup << ", " << limit);
  std::vector<std::string> with;
  if (limit == "a file of 256 KiB") {  // RLIMIT_FSIZE, whose signal would end the server
    root.file("a", "old");
    with = {"/bin/sh", "-c", "ulimit -f 512; exec \"$@\"", "sh"};
  } else {
    const std::string unshare = "unshare --user --map-root-user --mount ";
    if (run(unshare + "mount -t tmpfs none " + root.path()).code != 0) {
      WARN("SKIPPED: needs user namespaces");
      return;
    }
    with = {"unshare",
            "--user",
            "--map-root-user",
            "--mount",
            "/bin/sh",
            "-c",
            "mount -t tmpfs -o size=1m none " + root.path() + " && cd " + root.path() +
                " && printf old >a && exec \"$@\"",
            "sh"};
  }
  auto flags = flags_of(setup);
  flags.emplace_back("--writable");
  Served served(root.path(), flags, Served::Hears::output, with);
  auto put = [&](const std::string& name, std::size_t bytes) {
    return Client(served.port())
        .send("PUT " + name + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(bytes) +
              "\r\n\r\n" + std::string(bytes, 'x'))
        .answer()
        .substr(0, 13);
  };
  for (int i = 0; i < 5; ++i) CHECK(put("/a", 1'200'000) == "HTTP/1.1 507 ");
  CHECK(Client(served.port()).send(get("/a")).answer().ends_with("\r\n\r\nold"));
  CHECK(put("/b", 100'000) == "HTTP/1.1 201 ");
  const std::string all = Client(served.port()).send(get("/")).answer();
  CHECK(all.find("./a\"") != std::string::npos);
  CHECK(all.find("./b\"") != std::string::npos);
  CHECK(all.find("temporary") == std::string::npos);
  served.process().signal(SIGTERM);
  CHECK(served.exit_code() == 0);
}

TEST_CASE("a server killed during an upload leaves the old file, and the next start cleans up") {
  Folder root;
  root.file("a", "old").file(".weft-temporary-1-of-a-crash", "half");
  Served served(root.path(), {"--writable"});
  CHECK_FALSE(std::filesystem::exists(root.path() + "/.weft-temporary-1-of-a-crash"));
  Client client(served.port());
  client.send(
      "PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 200000\r\n\r\n");
  CHECK(client.bytes(25) == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send(std::string(150'000, 'x'));
  served.process().signal(SIGKILL);
  CHECK(client.rest().empty());
  CHECK(contents(root.path() + "/a") == "old");
  Served again(root.path(), {"--writable"});
  int names = 0;
  for ([[maybe_unused]] const auto& e : std::filesystem::directory_iterator(root.path())) ++names;
  CHECK(names == 1);
  CHECK(Client(again.port()).send(get("/a")).answer().ends_with("\r\n\r\nold"));
}

TEST_CASE("who may write is said plainly, or the server does not start") {
  CHECK(serve("--writable --bind 0.0.0.0").code == 2);
  CHECK(unwrapped(serve("--writable --bind 0.0.0.0").out).find("--yes-anyone-can-write") !=
        std::string::npos);
  CHECK(serve("--yes-anyone-can-write").code == 2);
  CHECK(serve("--service echo --writable").code == 2);
}

TEST_CASE("counters are told, and the server ends, while its only LWP is blocked in a read") {
  Folder root;
  root.file("a", "hello");
  Served served(root.path(), {"--mapping", "many-to-one", "--disk", "slow:400", "--workers", "2"});
  Client client(served.port());
  client.send(get("/a"));
  bool blocked = false;
  std::string path = "/proc/" + std::to_string(served.process().pid()) + "/syscall";
  // On x86-64 the kernel says meanwhile that the thread is in call 0, read; elsewhere and where it
  // says nothing, the count of reads tells when it is over.
  os::Nanos deadline = os::now() + Client::kPatience;
  while (!blocked && os::now() < deadline) {
    served.process().signal(SIGUSR1);
    std::string line = served.line();
    REQUIRE(line.starts_with("{"));
    blocked =
        line.find("\"blocking_reads\":1,") != std::string::npos || contents(path).starts_with("0 ");
  }
  CHECK(blocked);
  served.process().signal(SIGTERM);
  CHECK(client.answer().ends_with("hello"));
  CHECK(served.exit_code() == 0);
}

// Asks for pictures until one shows all of these words: servers come to rest soon, and nothing
// tells us when. Empty, or the last picture.
static std::string missing_in_picture(Served& served, const std::vector<std::string>& words) {
  std::string seen;
  os::Nanos deadline = os::now() + Client::kPatience;
  while (os::now() < deadline) {
    served.process().signal(SIGQUIT);
    bool begun = false;
    for (std::string line; !(line = served.line(20 * os::kMillisecond)).empty();) {
      if (line.starts_with("weft: ")) seen.clear(), begun = true;
      if (begun) seen += line + '\n';
      bool all = begun;
      for (const auto& word : words) all = all && seen.find(word) != seen.npos;
      if (all) return "";
    }
  }
  return "shows not all: " + seen;
}

TEST_CASE("SIGQUIT shows what each thread and connection does, and the server goes on") {
  Folder root;
  root.file("a", "hello");
  std::string in_read = os::has(os::Feature::proc_syscall) ? "blocked in read(" : "blocked";
  struct {
    const char* model;
    std::vector<std::string> idle;     // words of a picture without requests
    std::vector<std::string> in_disk;  // and of one while a disk read is under way
  } cases[] = {
      {"single-threaded",
       {"single-threaded server", ", 0 connections", "control ", ", polls"},
       {"1 connection\n", in_read, ", serves connection ", ": reading " + root.path() + "/a"}},
      {"fsm",
       {"fsm server", ", 0 connections", "control ", ", polls"},
       {"1 connection\n", ", polls", " reading    " + root.path() + "/a"}},
      {"dispatcher-worker",
       {"worker 8", "waiting", "readable fd"},
       {in_read, "carries fiber", "(in a blocking call: read)"}},
  };
  for (const auto& c : cases) {
    INFO(c.model);
    Served served(root.path(), {"--model", c.model, "--disk", "slow:500"},
                  Served::Hears::errors_too);
    CHECK(missing_in_picture(served, c.idle) == "");
    Client client(served.port());
    client.send(get("/a"));
    CHECK(missing_in_picture(served, c.in_disk) == "");
    CHECK(client.answer().ends_with("hello"));
    served.process().signal(SIGTERM);
    CHECK(served.exit_code() == 0);
  }
}

TEST_CASE("the time to drain is bounded") {
  Folder root;
  root.file("big", std::string(20'000'000, 'x'));
  Served served(root.path(), {"--model", "fsm", "--drain-seconds", "0.2"});
  Client stuck(served.port());
  stuck.send(get("/big"));
  CHECK(stuck.hears_within(Client::kPatience));
  os::Nanos begin = os::now();
  served.process().signal(SIGTERM);
  CHECK(served.exit_code() == 1);
  CHECK(os::now() - begin >= 200 * os::kMillisecond);
  CHECK(os::now() - begin < 5 * os::kSecond);
}

TEST_CASE("counters that nobody reads do not kill the server") {
  Folder root;
  Ran ran = run("{ { timeout --preserve-status -s TERM 1 " + std::string(WEFT_PROGRAM) +
                " serve --port 0 --root " + root.path() +
                " --stats; echo ended $? >&3; } | head -n 1; } 3>&1");
  INFO(ran.out);
  CHECK(ran.out.find("listening on") != std::string::npos);
  CHECK(ran.out.find("ended 0") != std::string::npos);
}

TEST_CASE("an unknown word in WEFT_WITHOUT is told") {
  Ran ran =
      run("WEFT_WITHOUT=openat3 " + std::string(WEFT_PROGRAM) + " serve --port 0 --bind 192.0.2.1");
  INFO(ran.out);
  CHECK(ran.out.find("'openat3'") != std::string::npos);
}

// The first child of a served process: its disk; "" where the kernel does not list children.
static std::string disk_of(Served& served) {
  std::string pid = std::to_string(served.process().pid());
  std::string child = contents("/proc/" + pid + "/task/" + pid + "/children");
  return child.substr(0, child.find(' '));
}

TEST_CASE("signals to the whole terminal do not take the disk from requests under way") {
  Folder root;
  root.file("a", "hello");
  for (const char* model : {"single-threaded", "dispatcher-worker", "fsm"}) {
    INFO(model);
    Served served(root.path(), {"--model", model, "--disk", "slow:300"});
    std::string disk = disk_of(served);
    if (disk.empty()) {
      WARN("SKIPPED: needs /proc/PID/task/TID/children");
      return;
    }
    Client client(served.port());
    client.send(get("/a"));
    CHECK(run("kill -INT " + disk + " && kill -TERM " + disk).code == 0);
    CHECK(client.answer().ends_with("hello"));
    served.process().signal(SIGTERM);
    CHECK(served.exit_code() == 0);
  }
}

TEST_CASE("a disk that dies fails its reads, and nothing else") {
  Folder root;
  root.file("a", "hello");
  root.file("hot/b", "hot");
  for (const char* model : {"single-threaded", "dispatcher-worker", "fsm"}) {
    INFO(model);
    Served served(root.path(), {"--model", model, "--disk", "slow:60000,hot=hot/"});
    std::string disk = disk_of(served);
    if (disk.empty()) {
      WARN("SKIPPED: needs /proc/PID/task/TID/children");
      return;
    }
    Client client(served.port());
    client.send(get("/a"));
    CHECK(run("kill -KILL " + disk).code == 0);
    CHECK(client.answer().starts_with("HTTP/1.1 500"));
    CHECK(Client(served.port()).send(get("/a")).answer().starts_with("HTTP/1.1 500"));
    CHECK(Client(served.port()).send(get("/hot/b")).answer().ends_with("hot"));
    served.process().signal(SIGTERM);
    CHECK(served.exit_code() == 0);
  }
}

TEST_CASE("the disk process ends with its server, even a killed one") {
  Folder root;
  root.file("a", "hello");
  Served served(root.path(), {"--disk", "slow:5"});
  CHECK(Client(served.port()).send(get("/a")).answer().ends_with("hello"));
  std::string child = disk_of(served);
  if (child.empty()) {
    WARN("SKIPPED: needs /proc/PID/task/TID/children");
    return;
  }
  CHECK(std::filesystem::exists("/proc/" + child));
  served.process().signal(SIGKILL);
  CHECK(served.exit_code() == 128 + SIGKILL);
  auto gone = [&] {
    std::string stat = contents("/proc/" + child + "/stat");
    return stat.empty() || stat.find(") Z ") != std::string::npos;
  };
  os::Nanos deadline = os::now() + Client::kPatience;
  while (!gone() && os::now() < deadline) os::yield_cpu();
  CHECK(gone());
}

TEST_CASE("weft serve refuses what cannot be, and says what to type") {
  Folder root;
  std::string here = " --root " + root.path();
  struct {
    std::string flags;
    int code;
    std::string says;
  } cases[] = {
      {"--root /no/such/folder", 2, "weft serve --root ."},
      {"--model fms" + here, 2, "did you mean --model fsm?"},
      {"--model nonsense" + here, 2, "There are: dispatcher-worker, fsm, single-threaded"},
      {"--service files" + here, 2, "did you mean --service file?"},
      {"--mapping many-to-won" + here, 2, "did you mean --mapping many-to-one?"},
      {"--engine boost" + here, 2, "boost-fiber"},
      {"--on-block hand-off" + here, 2, "did you mean --on-block handoff"},
      {"--mapping many-to-one --on-block handoff" + here, 2, "no second LWP"},
      {"--mapping one-to-one --on-block offload" + here, 2, "would change nothing"},
      {"--policy lotterie" + here, 2, "lottery"},
      {"--disk floppy" + here, 2, "slow:MS"},
      {"--disk slow:5 --heads 0" + here, 2, "1 to 64"},
      {"--disk slow:5,heads=0" + here, 2, "1 to 64"},
      {"--heads 2" + here, 2, "--disk slow:7.5"},
      {"--workers -1" + here, 2, "0 to 4096"},
      {"--model fsm --workers 7" + here, 2, "Leave it out"},
      {"--mapping one-to-one --policy fifo" + here, 2, "Leave it out"},
      {"--lwps 100000" + here, 2, "0 to 1024"},
      {"--bind somewhere" + here, 2, "127.0.0.1"},
      {"--port 65536" + here, 2, "0 to 65535"},
      {"--cpus x" + here, 2, "is no list of CPUs"},
      {"--cpus 4000" + here, 3, "may not use"},
      {"--layout perfork" + here, 2, "did you mean --layout prefork"},
      {"--processes 4" + here, 2, "--layout prefork"},
      {"--layout prefork --processes 1000" + here, 2, "0 to 256"},
      {"--preempt" + here, 2, "--on-block handoff"},
      {"--preempt 0" + here, 2, "out of range"},
      {"--preempt --model fsm" + here, 2, "runs no fibers"},
      {"--max-lwps 8" + here, 2, "--on-block handoff"},
      {"--cpu-per-request -1" + here, 2, "out of range"},
  };
  for (const auto& c : cases) {
    INFO(c.flags);
    Ran ran = serve(c.flags);
    INFO(ran.out);
    CHECK(ran.code == c.code);
    CHECK(unwrapped(ran.out).find(c.says) != std::string::npos);
    CHECK(ran.out.find("listening") == std::string::npos);
  }
  Served first(root.path(), {});
  Ran second =
      run(std::string(WEFT_PROGRAM) + " serve --port " + std::to_string(first.port()) + here);
  CHECK(second.code == 3);
  CHECK(unwrapped(second.out).find("is taken") != std::string::npos);
}
