// SPDX-License-Identifier: BSL-1.0
// weft explore, end to end: the four bugs of its examples are found and replayed, their mends pass,
// and whatever a program does ends in an answer.
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "labs/explore/story.hpp"
#include "labs/trace/model.hpp"
#include "tests/labs/weft_program.hpp"

using namespace weft::labs::testing;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

const fs::path kExamples = fs::path(WEFT_SOURCE_DIR) / "labs/explore/examples";

// The explorer knows nothing of the sanitizers' bookkeeping of stacks, and is not built with them.
bool there() {
  const bool built = fs::exists(fs::path(WEFT_PROGRAM).parent_path() / "weft-explorer");
  if (!built) WARN("SKIPPED: needs weft-explorer");
  return built;
}

struct Explored {
  int code;
  json found;
};
Explored explore(const fs::path& file, std::vector<std::string> options = {}) {
  std::vector<std::string> command = {"explore", file.string(), "--json", "-"};
  command.insert(command.end(), options.begin(), options.end());
  Answer answer = run_weft(command);
  INFO(answer.out);
  return {answer.code, json::parse(answer.out, nullptr, false)};
}

fs::path written(const Folder& folder, const std::string& name, const std::string& text) {
  const fs::path path = folder / name.c_str();
  std::ofstream(path) << text;
  return path;
}

// An example with one text in place of another.
fs::path mended(const Folder& folder, const std::string& name, const std::string& wrong,
                const std::string& right) {
  std::string text = content(kExamples / name);
  const auto at = text.find(wrong);
  REQUIRE(at != text.npos);
  return written(folder, name, text.replace(at, wrong.size(), right));
}

}  // namespace

TEST_CASE("weft explore finds the bug of each example, and its token replays it") {
  if (!there()) return;
  const auto [name, what] = GENERATE(table<std::string, std::string>(
      {{"wait_with_if.cpp", "there is something to take"},
       {"check_then_park.cpp", "every fiber waits"},
       {"one_level_donation.cpp", "whoever the urgent one waits for is as urgent"},
       {"publish_before_save.cpp", "data race"}}));
  CAPTURE(name);
  Explored first = explore(kExamples / name);
  REQUIRE(first.code == 1);
  CHECK_THAT(first.found["what"].get<std::string>(), Contains(what));
  CHECK(first.found["schema"] == "weft.explore/1");
  // Shrunk: no such bug needs more than two departures.
  const std::string schedule = first.found["schedule"];
  CHECK(std::count(schedule.begin(), schedule.end(), ':') <= 2);

  Explored again = explore(kExamples / name, {"--replay", first.found["token"]});
  REQUIRE(again.code == 1);
  CHECK(again.found["what"] == first.found["what"]);
  CHECK(again.found["steps"] == first.found["steps"]);
  CHECK(again.found["diverged_at"].is_null());
}

TEST_CASE("weft explore --trace: the schedule, a lane for each LWP and each fiber") {
  if (!there()) return;
  const Folder folder;
  const fs::path trace = folder.path / "schedule.wt";
  const Explored found = explore(kExamples / "check_then_park.cpp", {"--trace", trace.string()});
  const auto read =
      weft::labs::trace::read({trace.string()}, weft::labs::Say(weft::labs::Language::en));
  REQUIRE(std::holds_alternative<weft::labs::trace::Recording>(read));
  const auto m = weft::labs::trace::model_of(std::get<weft::labs::trace::Recording>(read));
  CHECK(m.recording.steps);
  CHECK(m.recording.damaged == 0);
  std::set<std::string> lanes;
  for (const auto& f : m.fibers) lanes.insert(f.name);
  CHECK(lanes == std::set<std::string>{"main", "setter", "waiter"});
  CHECK(m.lwps.size() == 2);
  CHECK(!m.notes.empty());
  CHECK(m.recording.ended <= found.found["steps"].get<std::int64_t>() + 1);
  CHECK(run_weft({"explore", (kExamples / "wait_with_if.cpp").string(), "--trace", "/no/where"})
            .code == 2);
}

// One fiber reads what another would write, on one LWP.
TEST_CASE(
    "weft explore --trace: a call that keeps the LWP is blocked on it, and who waits is ready") {
  if (!there()) return;
  const Folder folder;
  const fs::path file = folder.path / "blocks.cpp", trace = folder.path / "schedule.wt";
  std::ofstream(file) << R"(#include "fibers/explore.hpp"
#include "fibers/fiber.hpp"
#include <unistd.h>
void program() {
  int ends[2];
  if (::pipe(ends) != 0) return;
  auto reader = weft::fibers::spawn({.name = "reader"}, [&] { char c; (void)!::read(ends[0], &c, 1); });
  auto writer = weft::fibers::spawn({.name = "writer"}, [&] { (void)!::write(ends[1], "x", 1); });
  reader.join();
  writer.join();
}
)";
  const Explored found = explore(file, {"--trace", trace.string(), "--lwps", "1"});
  INFO(found.found.dump());
  CHECK(found.code == 1);
  const auto read =
      weft::labs::trace::read({trace.string()}, weft::labs::Say(weft::labs::Language::en));
  REQUIRE(std::holds_alternative<weft::labs::trace::Recording>(read));
  using weft::labs::trace::State;
  const auto m = weft::labs::trace::model_of(std::get<weft::labs::trace::Recording>(read));
  std::map<std::string, State> last;
  for (const auto& f : m.fibers) {
    REQUIRE(!f.slices.empty());
    last[f.name] = f.slices.back().state;
  }
  CHECK(last["reader"] == State::blocked);
  CHECK(last["writer"] == State::ready);
  REQUIRE(m.lwps.size() == 1);
  CHECK(m.lwps[0].slices.back().state == State::blocked);
  CHECK(m.lwps[0].slices.back().length() * 20 > m.length());  // it can be seen
}

TEST_CASE("weft explore: a call is one step, --inside many, and both find the bug") {
  if (!there()) return;
  const fs::path file = kExamples / "check_then_park.cpp";
  const Explored calls = explore(file), inside = explore(file, {"--inside"});
  CHECK(inside.code == 1);
  CHECK(calls.found["what"] == inside.found["what"]);
  Folder folder;
  const fs::path blank = folder.path / "two words.cpp";
  fs::copy(file, blank);
  CHECK_THAT(run_weft({"explore", blank.string()}).out, Contains("two words.cpp' --replay"));
  CHECK_THAT(run_weft({"explore", file.string(), "--inside"}).out, Contains("--inside --replay"));
  CHECK(calls.found["runs"].get<int>() * 3 < inside.found["runs"].get<int>());
  const Explored again = explore(file, {"--inside", "--replay", inside.found["token"]});
  CHECK(again.found["what"] == inside.found["what"]);
  CHECK(again.found["diverged_at"].is_null());
}

TEST_CASE("weft explore passes what is right, every schedule of it") {
  if (!there()) return;
  Folder folder;
  fs::path file;
  SECTION("a flag that is set before the park") {
    file = mended(folder, "check_then_park.cpp", "    park();", "    while (!set_) park();");
  }
  SECTION("a context that is saved before it is published") {
    file = mended(folder, "publish_before_save.cpp",
                  "    table.put(*thread);\n    thread->saved = step + 1;",
                  "    thread->saved = step + 1;\n    table.put(*thread);");
  }
  Explored result = explore(file, {"--preemptions", "1"});
  INFO(result.found.dump().substr(0, 300));
  CHECK(result.code == 0);
  CHECK(result.found["exhaustive"] == true);
}

TEST_CASE("weft explore answers whatever the program does (long)") {
  if (!there()) return;
  Folder folder;
  const std::string head =
      "#include <cstdlib>\n#include <stdexcept>\n#include <thread>\n#include "
      "\"fibers/explore.hpp\"\n"
      "#include \"fibers/fiber.hpp\"\nusing namespace weft::fibers;\nvoid program() {\n";
  const auto [body, what] = GENERATE(table<std::string, std::string>(
      {{"int* volatile none = nullptr; *none = 1;", "SIGSEGV"},
       {"std::abort();", "SIGABRT"},
       {"std::exit(0);", "ends its process"},
       {"std::thread([] { weft::atomic<int> n{0}; n = 1; }).join(); yield(); yield();",
        "std::thread"},
       {"if (rand() % 3 == 0) yield(); spawn([] {}).join();", "does not do the same"},
       {"throw std::runtime_error(\"thrown\");", "thrown"},
       {"volatile bool stop = false; while (!stop) {}", "computes without end"},
       {"weft::atomic<bool> stop{false}; while (!stop) yield();", "does not come to an end"},
       {"weft::var<int> n = 0; Fiber f = spawn([&] { ++n; }); ++n; f.join();", "data race"},
       {"static int runs = 0; weft::check(++runs == 1, \"fresh\"); weft::check(false, \"seen\");",
        "seen"}}));
  CAPTURE(body);
  Explored result = explore(written(folder, "program.cpp", head + body + "\n}\n"));
  CHECK(result.code == 1);
  CHECK_THAT(result.found["what"].get<std::string>(), Contains(what));
}

TEST_CASE("weft explore: plain variables race where nothing orders them, std's means among it") {
  if (!there()) return;
  Folder folder;
  const std::string head =
      "#include <atomic>\n#include <cerrno>\n#include <cstring>\n#include <memory>\n#include "
      "<mutex>\n#include <string>\n#include <vector>\n#include \"fibers/channel.hpp\"\n#include "
      "\"fibers/explore.hpp\"\n#include \"fibers/fiber.hpp\"\n#include "
      "\"fibers/future.hpp\"\n#include \"fibers/sync.hpp\"\nusing namespace weft::fibers;\n"
      "struct Once { int value = 7; };\nint once() { static Once o; return o.value; }\n"
      "thread_local int own = 0;\nvoid program() {\n";
  // What two fibers do, and whether it is a race.
  const auto [body, races] = GENERATE(table<std::string, bool>({
      // NOLINTBEGIN
      {"int n = 0; Fiber f = spawn([&] { ++n; }); ++n; f.join();", true},
      {"int n = 0; Fiber f = spawn([&] { ++n; }); f.join(); ++n;", false},
      {"int n = 0; Fiber f = spawn([&] { (void)(n == 1); }); (void)(n == 2); f.join();", false},
      {"char c[2] = {}; Fiber f = spawn([&] { c[0] = 1; }); c[1] = 1; f.join();", false},
      {"volatile bool b = false; Fiber f = spawn([&] { b = true; }); while (!b) yield(); f.join();",
       true},
      {"std::vector<int> v; Fiber f = spawn([&] { v.push_back(1); }); v.push_back(2); f.join();",
       true},
      {"int n = 0; std::atomic<bool> b{false}; Fiber f = spawn([&] { n = 1; b = true; }); while "
       "(!b) yield(); weft::check(n == 1, \"there\"); f.join();",
       false},
      {"int n = 0; std::atomic<bool> b{false}; Fiber f = spawn([&] { n = 1; b.store(true, "
       "std::memory_order_relaxed); }); while (!b) yield(); ++n; f.join();",
       true},
      {"int n = 0; std::mutex m; auto add = [&] { std::lock_guard l(m); ++n; }; Fiber f = "
       "spawn(add); add(); f.join(); weft::check(n == 2, \"both\");",
       false},
      {"int n = 0; Mutex m; auto add = [&] { std::lock_guard l(m); ++n; }; Fiber f = "
       "spawn(add); add(); f.join(); weft::check(n == 2, \"both\");",
       false},
      {"auto p = std::make_shared<int>(1); Fiber f = spawn([p] { (void)*p; }); p.reset(); "
       "f.join();",
       false},
      {"auto take = [] { delete new int(1); }; Fiber f = spawn(take); take(); f.join();", false},
      {"auto take = [] { void* p = malloc(40); std::memset(p, 1, 40); *static_cast<int*>(p) = 2; "
       "free(p); }; Fiber f = spawn(take); take(); f.join();",
       false},
      {"for (int i = 0; i < 3; ++i) spawn([i] { int here = i; int* p = &here; ++*p; }).join();",
       false},
      {"Fiber f = spawn([] { (void)once(); errno = 1; own = 1; }); (void)once(); errno = 2; own = "
       "2; "
       "f.join();",
       false},
      {"Channel<std::string> c(1); Fiber f = spawn([&] { c.send(std::string(40, 'x')); c.close(); "
       "}); std::string all; while (auto got = c.receive()) all += *got; f.join();",
       false},
      {"auto got = async([] { return std::string(40, 'x'); }); weft::check(got.get().size() == 40, "
       "\"there\");",
       false},
      // NOLINTEND
  }));
  CAPTURE(body);
  const fs::path file = written(folder, "program.cpp", head + body + "\n}\n");
  Explored result = explore(file);
  INFO(result.found.dump().substr(0, 300));
  REQUIRE(result.code == (races ? 1 : 0));
  if (!races) return;
  CHECK_THAT(result.found["what"].get<std::string>(), Contains("data race"));
  // Both accesses are in the story, which ends with the second.
  const std::string said = run_weft({"explore", file.string()}).out;
  CHECK_THAT(said, Contains("it, ✗"));
  const bool both = said.find("writes it") != said.rfind("writes it") ||
                    said.find("reads it") != std::string::npos;
  CHECK(both);
}

TEST_CASE("weft explore: on one LWP plain variables need no order, and a std::mutex keeps it") {
  if (!there()) return;
  Folder folder;
  const std::string head =
      "#include <mutex>\n#include \"fibers/explore.hpp\"\n#include \"fibers/fiber.hpp\"\n"
      "using namespace weft::fibers;\nvoid program() {\n";
  const fs::path alone =
      written(folder, "alone.cpp",
              head + "int n = 0; Fiber f = spawn([&] { ++n; }); ++n; yield(); ++n; f.join();\n}\n");
  CHECK(explore(alone, {"--lwps", "1"}).code == 0);
  CHECK(explore(alone, {"--lwps", "2"}).code == 1);
  const fs::path holds = written(folder, "holds.cpp",
                                 head +
                                     "std::mutex m; m.lock(); Fiber f = spawn([&] { m.lock(); "
                                     "m.unlock(); }); yield(); m.unlock(); f.join();\n}\n");
  CHECK(explore(holds, {"--lwps", "2"}).code == 0);
  Explored stuck = explore(holds, {"--lwps", "1"});
  CHECK(stuck.found["verdict"] == "deadlock");
  CHECK(stuck.found["blocked_in"] == "pthread_mutex_lock");
}

TEST_CASE("weft explore: a loop that yields ends, and a policy is a target, too") {
  if (!there()) return;
  Folder folder;
  Explored spins = explore(written(folder, "spins.cpp", R"(
#include "fibers/explore.hpp"
#include "fibers/fiber.hpp"
using namespace weft::fibers;
void program() {
  weft::atomic<bool> stop{false};
  Fiber waits = spawn([&] { while (!stop) yield(); });
  stop = true;
  waits.join();
})"),
                           {"--preemptions", "1"});
  CHECK(spins.code == 0);
  const fs::path policies = fs::path(WEFT_SOURCE_DIR) / "labs/policy/examples";
  CHECK(explore(policies / "fifo.cpp", {"--preemptions", "1"}).code == 0);
  std::string lazy = content(policies / "fifo.cpp");
  lazy.replace(lazy.find("return task;"), 12, "return nullptr;");
  Explored lost = explore(written(folder, "lazy.cpp", lazy));
  CHECK(lost.code == 1);
  CHECK_THAT(lost.found["what"].get<std::string>(), Contains("no ready task is lost"));
}

TEST_CASE("weft explore: random priorities find a bug, and say with what probability") {
  if (!there()) return;
  Explored found =
      explore(kExamples / "check_then_park.cpp", {"--strategy", "pct", "--depth", "2"});
  CHECK(found.code == 1);
}

TEST_CASE("weft explore refuses what it cannot do") {
  if (!there()) return;
  Folder folder;
  const std::string file = (kExamples / "wait_with_if.cpp").string();
  CHECK(run_weft({"explore"}).code == 2);
  CHECK(run_weft({"explore", "/nowhere.cpp"}).code == 2);
  CHECK(run_weft({"explore", file, "--lwps", "0"}).code == 2);
  CHECK(run_weft({"explore", file, "--replay", ""}).code == 2);
  CHECK(run_weft({"explore", file, "--strategy", "luck"}).code == 2);
  CHECK(run_weft({"explore", file, "--policy", "sjf"}).code == 2);
  CHECK(run_weft({"explore", file, "--replay", "1234-x"}).code == 2);
  CHECK(run_weft({"explore", written(folder, "none.cpp", "int x;\n").string()}).code == 2);
  CHECK(run_weft({"explore", written(folder, "wrong.cpp", "int x\n").string()}).code == 2);
}

TEST_CASE("weft explore: a copy has a story of its own, and an included file counts") {
  if (!there()) return;
  Folder folder;
  written(folder, "mine.hpp", "inline bool right() { return false; }\n");
  const fs::path file = written(folder, "copy.cpp",
                                "#include \"mine.hpp\"\n#include \"fibers/explore.hpp\"\n"
                                "void program() { weft::check(right(), \"it is right\"); }\n");
  CHECK(explore(file).code == 1);
  written(folder, "mine.hpp", "inline bool right() { return true; }\n");
  CHECK(explore(file).code == 0);
}

TEST_CASE("weft explore: a token of another program is told to be one") {
  if (!there()) return;
  auto answer = run_weft({"explore", (kExamples / "check_then_park.cpp").string(), "--lang", "en",
                          "--replay", "00000000-7:1,100000:1"});
  CHECK_THAT(answer.out, Contains("another version") && Contains("At step"));
}

TEST_CASE("A story has a line a step and a column a fiber") {
  const json run = {{"threads", {"main", "weft-lwp-2"}},
                    {"story",
                     {{{"step", 5},
                       {"thread", 0},
                       {"fiber", 1},
                       {"who", "main"},
                       {"file", "a.hpp"},
                       {"line", 3},
                       {"event", false},
                       {"operation", "store"},
                       {"object", 0},
                       {"calls", {16}}},
                      {{"step", 5},
                       {"thread", 0},
                       {"fiber", 1},
                       {"who", "main"},
                       {"file", ""},
                       {"line", 0},
                       {"event", true},
                       {"operation", "waits for join of fiber"},
                       {"object", 2},
                       {"calls", {16}}},
                      {{"step", 9},
                       {"thread", 1},
                       {"fiber", 2},
                       {"who", "other"},
                       {"file", ""},
                       {"line", 0},
                       {"event", true},
                       {"operation", "ends"},
                       {"object", 0},
                       {"calls", json::array()}},
                      {{"step", 10},
                       {"thread", 1},
                       {"fiber", 0},
                       {"who", ""},
                       {"file", "pool.hpp"},
                       {"line", 7},
                       {"event", false},
                       {"operation", "load"},
                       {"object", 0},
                       {"calls", json::array()}}}}};
  auto story = weft::labs::explore::tell(run, {{16, 2}}, {"first", "  second;  // comment"}, {});
  CHECK(weft::labs::explore::to_text(story, 80, weft::labs::Say()) ==
        " step  LWP main          other\n"
        "    5    1 2: second;  » waits for join of other\n"
        "    9    2               » ends\n");
  CHECK(weft::labs::explore::to_text(story, 80, weft::labs::Say(weft::labs::Language::zh)) ==
        "   步  LWP main          other\n"
        "    5    1 2: second;  » 等待 other 结束\n"
        "    9    2               » 结束\n");
  auto all = weft::labs::explore::tell(run, {{16, 2}}, {"first", "second;"}, {.all = true});
  CHECK(all.actors.size() == 3);
  CHECK_THAT(weft::labs::explore::to_text(all, 80, weft::labs::Say()), Contains("load pool.hpp:7"));
}

TEST_CASE("weft explore tells a blocking call of the C library, which keeps its LWP") {
  if (!there()) return;
  Folder folder;
  const auto file = written(folder, "raw.cpp", R"(#include <unistd.h>
#include "fibers/explore.hpp"
#include "fibers/fiber.hpp"
void program() {
  int fds[2];
  if (::pipe(fds) != 0) return;
  auto reader = weft::fibers::spawn({.name = "reader"}, [&] { char c; (void)!::read(fds[0], &c, 1); });
  auto writer = weft::fibers::spawn({.name = "writer"}, [&] { (void)!::write(fds[1], "x", 1); });
  reader.join();
  writer.join();
  ::close(fds[0]);
  ::close(fds[1]);
}
)");
  const auto one = explore(file, {"--lwps", "1"});
  CHECK(one.code == 1);
  CHECK(one.found.at("verdict") == "deadlock");
  CHECK(one.found.at("blocked_in") == "read");
  CHECK(explore(file, {"--lwps", "2", "--preemptions", "1"}).code == 0);  // the other LWP goes on
}

TEST_CASE("weft explore finds a leak, and where the memory was taken") {
  if (!there()) return;
  Folder folder;
  const auto file = written(folder, "leak.cpp", R"(#include <vector>
#include "fibers/explore.hpp"
#include "fibers/fiber.hpp"
void program() {
  auto maker = weft::fibers::spawn({.name = "maker"}, [] {
    std::vector<int> fine(10);
    new int(1);
  });
  maker.join();
}
)");
  const auto [code, found] = explore(file);
  CHECK(code == 1);
  CHECK(found.at("kind") == "leak");
  CHECK_THAT(found.at("what").get<std::string>(), Contains("1 blocks, 4 bytes"));
}

TEST_CASE(
    "weft explore --faults: short reads, interrupted calls, wake-ups without a reason (long)") {
  if (!there()) return;
  const auto [text, what] = GENERATE(table<std::string, std::string>({
      {R"(  char both[2];
  const long n = ::read(fds[0], both, 2);
  weft::check(n == 2 || (n < 0 && errno == EINTR), "a read reads all");
)",
       "a read reads all"},
      {R"(  char both[2];
  const long n = ::read(fds[0], both, 2);
  weft::check(n > 0, "a read is not interrupted");
)",
       "a read is not interrupted"},
      {R"(  weft::fibers::Mutex mutex;
  weft::fibers::ConditionVariable turned;
  bool ready = false;
  auto waiter = weft::fibers::spawn([&] {
    std::unique_lock lock(mutex);
    if (!ready) turned.wait(lock);
    weft::check(ready, "who wakes was woken");
  });
  weft::fibers::yield();
  std::unique_lock lock(mutex);
  ready = true;
  turned.notify_one();
  lock.unlock();
  waiter.join();
)",
       "who wakes was woken"},
      {R"(  weft::fibers::Semaphore there(0);
  auto giver = weft::fibers::spawn([&] { there.release(); });
  weft::check(there.acquire_for(1'000'000), "it comes in time");
  giver.join();
)",
       "it comes in time"},
  }));
  CAPTURE(what);
  Folder folder;
  const auto file = written(folder, "faults.cpp", R"(#include <cerrno>
#include <mutex>
#include <unistd.h>
#include "fibers/explore.hpp"
#include "fibers/fiber.hpp"
#include "fibers/sync.hpp"
void program() {
  int fds[2];
  if (::pipe(fds) != 0) return;
  while (::write(fds[1], "ab", 2) < 0) {}
)" + text + R"(  ::close(fds[0]);
  ::close(fds[1]);
}
)");
  const char* lwps = what == "it comes in time" ? "2" : "1";  // where one sleeps until then
  CHECK(explore(file, {"--lwps", lwps, "--preemptions", "1"}).code == 0);
  for (const char* strategy : {"dfs", "pct"}) {
    CAPTURE(strategy);
    const auto [code, found] = explore(
        file, {"--faults", "--lwps", lwps, "--strategy", strategy, "--iterations", "10000"});
    CHECK(code == 1);
    CHECK(found.at("what") == what);
    const std::string token = found.at("token");
    CHECK(explore(file, {"--faults", "--lwps", lwps, "--replay", token}).code == 1);
  }
}

TEST_CASE("weft explore: containers at namespace level begin each run as they were") {
  if (!there()) return;
  Folder folder;
  const auto file = written(folder, "global.cpp", R"(#include <deque>
#include <string>
#include "fibers/explore.hpp"
#include "fibers/fiber.hpp"
std::deque<int> queue;
std::string text = "a text that is too long to lie in the string itself";
void program() {
  weft::check(queue.empty() && text.size() == 51, "as at the start");
  auto f = weft::fibers::spawn([] {
    for (int i = 0; i < 1000; ++i) queue.push_back(i);
    for (int i = 0; i < 990; ++i) queue.pop_front();
    text += text + text;
  });
  weft::fibers::yield();
  f.join();
  weft::check(queue.size() == 10 && queue.front() == 990, "as it was left");
}
)");
  const auto [code, found] = explore(file, {"--preemptions", "1"});
  INFO(found.at("what").get<std::string>());
  CHECK(code == 0);
  CHECK(found.at("runs").get<int>() > 10);
}
