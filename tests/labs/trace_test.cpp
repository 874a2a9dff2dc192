// SPDX-License-Identifier: BSL-1.0
// Recordings: what the runtime writes can be read back whole, what is read means what happened, and
// what is found is said word for word.
#include "fibers/trace.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <span>

#include "fibers/sync.hpp"
#include "labs/exit.hpp"
#include "labs/trace/page.hpp"
#include "labs/trace/perfetto.hpp"
#include "labs/trace/text.hpp"
#include "lwp/trace/recorder.hpp"
#include "tests/fibers/every_configuration.hpp"
#include "tests/labs/weft_program.hpp"

namespace weft::labs::trace {
namespace {

namespace fs = std::filesystem;
using labs::testing::content;
using labs::testing::Folder;
using labs::testing::run_weft;
using lwp::os::kMillisecond;

// ---- a scripted run: events as they would be read, with a clock of our own ----

class Script {
 public:
  Script() {
    r_.texts.emplace_back();
    r_.processes.emplace_back().number = 1;
  }
  std::uint32_t runtime(std::uint32_t number, const std::string& about) {
    r_.processes[0].runtimes.emplace_back(number, about);
    return number;
  }
  std::uint32_t lwp(std::uint32_t runtime, std::uint32_t number) {
    r_.places.push_back({.process = 0, .runtime = runtime, .lwp = number, .thread = 100 + number});
    return static_cast<std::uint32_t>(r_.places.size() - 1);
  }
  void processors(std::size_t n) { r_.processes[0].processors = n; }
  Script& at(Nanos t) {
    now_ = t;
    return *this;
  }
  Script& happens(std::uint32_t place, Kind kind, std::uint64_t first = 0, std::uint64_t second = 0,
                  const std::string& text = "", std::uint64_t third = 0) {
    Event e{.at = now_, .place = place, .kind = kind, .first = first, .second = second};
    e.third = third;
    if (!text.empty()) {
      e.text = static_cast<std::uint32_t>(r_.texts.size());
      r_.texts.push_back(text);
    }
    r_.events.push_back(e);
    return *this;
  }
  Recording take() {
    r_.began = r_.events.front().at;
    r_.ended = r_.events.back().at;
    r_.processes[0].events = r_.events.size();
    return std::move(r_);
  }

 private:
  Recording r_;
  Nanos now_ = 0;
};

constexpr std::uint64_t kWoken = static_cast<std::uint64_t>(lwp::Why::woken);
constexpr std::uint64_t kCreated = static_cast<std::uint64_t>(lwp::Why::created);

// Ten fibers on one LWP; one holds a mutex and reads for 312 ms.
Recording one_read_stops_ten() {
  Script s;
  const auto l = s.lwp(s.runtime(1, "many-to-one, 1 LWP, policy fifo, hold"), 1);
  s.at(0).happens(l, Kind::create, 1, 0, "main").happens(l, Kind::run, 1);
  for (std::uint64_t f = 2; f <= 11; ++f) {
    s.at(static_cast<Nanos>(f) * 100)
        .happens(l, Kind::create, f, 0, "worker-" + std::to_string(f - 1))
        .happens(l, Kind::ready, f, kCreated);
  }
  s.at(kMillisecond).happens(l, Kind::park, 8, 0, "join of fiber");
  s.happens(l, Kind::run, 8);
  s.happens(l, Kind::object, 0x1000, 0, "log");
  s.at(2 * kMillisecond).happens(l, Kind::acquire, 0x1000, 0, "mutex");
  s.at(3 * kMillisecond).happens(l, Kind::block, 0, 0, "read");
  s.at(315 * kMillisecond).happens(l, Kind::unblock);
  s.at(316 * kMillisecond).happens(l, Kind::yield);
  s.happens(l, Kind::run, 2);
  s.at(317 * kMillisecond).happens(l, Kind::park, 0x1000, 0, "mutex").happens(l, Kind::run, 8);
  s.at(319 * kMillisecond).happens(l, Kind::release, 0x1000, 0, "mutex");
  s.happens(l, Kind::ready, 2, kWoken).happens(l, Kind::done);
  s.at(320 * kMillisecond).happens(l, Kind::idle);
  return s.take();
}

std::vector<std::string> findings(const Recording& r, Language language) {
  std::vector<std::string> out;
  const Say say(language);
  for (const auto& f : summarize(model_of(r), say).findings) out.push_back(f.text);
  return out;
}

TEST_CASE("What is found in a scripted run is said word for word, in both languages") {
  const Recording r = one_read_stops_ten();
  CHECK(findings(r, Language::en) ==
        std::vector<std::string>{
            "LWP 1 was blocked 312\u00a0ms by worker-7 in read; 9 ready fibers waited 2.81\u00a0s "
            "in sum.",
            "For 312\u00a0ms (98 % of the recording) no fiber ran though up to 9 were ready: every "
            "LWP with a permit was blocked, once for 312\u00a0ms.",
            "mutex log was held across a blocking call; others waited 2.00\u00a0ms for it."});
  CHECK(findings(r, Language::zh) ==
        std::vector<std::string>{
            "LWP 1 被 worker-7 的 read 阻塞了 312\u00a0ms；9 个就绪纤程共等待 2.81\u00a0s。",
            "共 312\u00a0ms（占录制时间的 98 %）没有纤程运行，而最多有 9 个就绪：所有持许可的 LWP "
            "都被阻塞，最长一次 312\u00a0ms。",
            "mutex log 在持有期间发生了一次阻塞调用；其他纤程为它等待了 2.00\u00a0ms。"});
}

TEST_CASE("A waiting knows the owner when it began, and who ended it") {
  const Model m = model_of(one_read_stops_ten());
  const Summary s = summarize(m, Say(Language::en));
  auto row = std::find_if(s.waits.begin(), s.waits.end(),
                          [](const WaitRow& w) { return w.what == "mutex log"; });
  REQUIRE(row != s.waits.end());
  CHECK(name_of(m, row->waiter) == "worker-1");
  CHECK(name_of(m, row->owner) == "worker-7");
  CHECK(name_of(m, row->waker) == "worker-7");
  CHECK(row->times.worst == 2 * kMillisecond);
}

TEST_CASE("A circle of owners that wait is called a deadlock") {
  Script s;
  const auto l = s.lwp(s.runtime(1, "many-to-one, 1 LWP"), 1);
  s.at(0).happens(l, Kind::create, 1, 0, "a").happens(l, Kind::create, 2, 0, "b");
  s.happens(l, Kind::run, 1).happens(l, Kind::acquire, 0x10, 0, "mutex").happens(l, Kind::yield);
  s.at(10).happens(l, Kind::run, 2).happens(l, Kind::acquire, 0x20, 0, "mutex");
  s.at(20).happens(l, Kind::park, 0x10, 0, "mutex").happens(l, Kind::run, 1);
  s.at(30).happens(l, Kind::park, 0x20, 0, "mutex");
  s.at(5 * kMillisecond).happens(l, Kind::idle);
  const auto found = findings(s.take(), Language::en);
  REQUIRE(!found.empty());
  CHECK(found[0] == "Deadlock: a → mutex 0x20 → b → mutex 0x10 → a.");
}

TEST_CASE("A call whose permit went on holds nobody up from then on") {
  Script s;
  const auto runtime = s.runtime(1, "many-to-many, 1 LWP, policy fifo, handoff");
  const auto l = s.lwp(runtime, 1), other = s.lwp(runtime, 2);
  s.at(0).happens(l, Kind::create, 1, 0, "main").happens(l, Kind::run, 1);
  s.happens(l, Kind::create, 2, 0, "next").happens(l, Kind::ready, 2, kCreated);
  s.at(kMillisecond).happens(l, Kind::block, 0, 0, "read");
  s.at(2 * kMillisecond).happens(other, Kind::permit, 1, 2);
  s.at(50 * kMillisecond).happens(other, Kind::run, 2);
  s.at(100 * kMillisecond).happens(l, Kind::bound, 0);
  s.at(101 * kMillisecond).happens(l, Kind::idle);
  const Model m = model_of(s.take());
  REQUIRE(m.calls.size() == 1);
  CHECK(m.calls[0].handed_off);
  CHECK(m.calls[0].collateral == kMillisecond);
  CHECK(m.calls[0].length() == 99 * kMillisecond);
}

TEST_CASE("A call that blocks while nobody else is ready is told of, too") {
  Script s;
  const auto l = s.lwp(s.runtime(1, "many-to-one, 1 LWP, policy fifo, hold"), 1);
  s.at(0).happens(l, Kind::create, 1, 0, "main").happens(l, Kind::run, 1);
  s.at(kMillisecond).happens(l, Kind::block, 0, 0, "read");
  s.at(401 * kMillisecond).happens(l, Kind::unblock);
  s.at(402 * kMillisecond).happens(l, Kind::done);
  CHECK(
      findings(s.take(), Language::en) ==
      std::vector<std::string>{"LWP 1 was blocked 400\u00a0ms by main in read; no other fiber was "
                               "ready meanwhile."});
}

TEST_CASE("LWPs of one runtime that lack processors are one finding, after what the program did") {
  Script s;
  const auto runtime = s.runtime(1, "many-to-many, 2 LWPs, policy fifo, hold");
  const std::uint32_t lwps[] = {s.lwp(runtime, 1), s.lwp(runtime, 2)};
  for (std::uint64_t f : {1, 2, 3}) {
    s.at(0).happens(lwps[0], Kind::create, f, 0, "f").happens(lwps[0], Kind::ready, f, kCreated);
  }
  s.happens(lwps[0], Kind::run, 1).happens(lwps[1], Kind::run, 2);
  s.at(1).happens(lwps[0], Kind::block, 0, 0, "read");
  for (auto l : lwps) s.at(1).happens(l, Kind::sched, 0, 1, "", 1);
  s.at(2 * kMillisecond).happens(lwps[0], Kind::unblock);
  for (auto l : lwps) {
    s.at(50 * kMillisecond)
        .happens(l, Kind::sched, 0, 30 * kMillisecond, "", 20 * kMillisecond + 1);
  }
  const auto found = findings(s.take(), Language::en);
  REQUIRE(found.size() == 2);
  CHECK(found[0].starts_with("LWP 1 was blocked 2.00\u00a0ms by f (1) in read"));
  CHECK(found[1] ==
        "2 LWPs could run and had no processor for 40.0\u00a0ms in sum: other programs, or more "
        "LWPs than processors.");
}

TEST_CASE("A blocked LWP costs others nothing while fibers keep every processor busy") {
  for (const auto& [processors, lost] : {std::pair{1, 10}, std::pair{2, 30}, std::pair{0, 30}}) {
    Script s;
    s.processors(static_cast<std::size_t>(processors));
    const auto runtime = s.runtime(1, "many-to-many, 2 LWPs, policy fifo, hold");
    const auto l = s.lwp(runtime, 1), other = s.lwp(runtime, 2);
    for (std::uint64_t f = 1; f <= 3; ++f) {
      s.at(0).happens(l, Kind::create, f, 0, "f").happens(l, Kind::ready, f, kCreated);
    }
    s.happens(l, Kind::run, 1).happens(other, Kind::run, 2);
    s.at(kMillisecond).happens(l, Kind::block, 0, 0, "read");  // 2 runs, 3 is ready
    s.at(21 * kMillisecond).happens(other, Kind::park, 0, 0, "sleep").happens(other, Kind::busy);
    s.at(31 * kMillisecond).happens(l, Kind::unblock);
    s.at(32 * kMillisecond).happens(l, Kind::done);
    const Model m = model_of(s.take());
    REQUIRE(m.calls.size() == 1);
    CHECK(m.calls[0].collateral == lost * kMillisecond);
  }
}

// ---- what the runtime records ----

// Records `body` as the first fiber of a runtime.
Recording recorded(const fibers::Config& config, const std::string& file,
                   const std::function<void()>& body) {
  REQUIRE(lwp::trace::start({.file = file}));
  {
    fibers::Runtime runtime(config);
    runtime.run(body);
  }
  lwp::trace::stop();
  auto r = read({file}, Say(Language::en));
  REQUIRE(std::holds_alternative<Recording>(r));
  return std::move(std::get<Recording>(r));
}

TEST_CASE("Every fiber is in the recording from its creation to its end") {
  const Folder folder;
  int n = 0;
  for (const auto& config : fibers::testing::every_configuration()) {
    INFO(fibers::testing::describe(config));
    const std::string file = folder / ("t" + std::to_string(n++)).c_str();
    fibers::Mutex mutex;
    fibers::name_object(&mutex, "counter");
    const Model m = model_of(recorded(config, file, [&] {
      std::vector<fibers::Fiber> all;
      for (int i = 0; i < 20; ++i) {
        all.push_back(fibers::spawn({"worker"}, [&] {
          std::lock_guard lock(mutex);
          fibers::yield();
        }));
      }
      for (auto& f : all) f.join();
      fibers::note("all ended");
    }));
    CHECK(m.recording.dropped == 0);
    CHECK(m.recording.damaged == 0);
    CHECK(std::count_if(m.fibers.begin(), m.fibers.end(),
                        [](const Lane& f) { return f.name == "worker"; }) == 20);
    REQUIRE(m.notes.size() == 1);
    CHECK(m.text(m.notes[0].text) == "all ended");
    const bool named = std::any_of(m.objects.begin(), m.objects.end(), [](const Object& o) {
      return o.kind == "mutex" && o.name == "counter" && o.uses == 40;
    });
    CHECK(named);
    for (const auto* lanes : {&m.lwps, &m.fibers}) {
      for (const Lane& lane : *lanes) {
        for (std::size_t i = 0; i < lane.slices.size(); ++i) {
          CHECK(lane.slices[i].begin <= lane.slices[i].end);
          if (i > 0) CHECK(lane.slices[i].begin == lane.slices[i - 1].end);
        }
      }
    }
    for (const Lane& f : m.fibers) {
      if (f.name != "worker") continue;
      const bool ran = std::any_of(f.slices.begin(), f.slices.end(),
                                   [](const Slice& s) { return s.state == State::running; });
      CHECK(ran);
      CHECK(f.parent != kNobody);
      REQUIRE(!f.slices.empty());
      CHECK(f.slices.back().end < m.recording.ended);  // it ended, and main went on
    }
  }
}

TEST_CASE("A flight recorder keeps the last events in a file of a fixed size") {
  const Folder folder;
  const std::string file = folder / "flight";
  constexpr std::size_t kBytes = 40 * lwp::trace::kChunkBytes;
  REQUIRE(lwp::trace::start({.file = file, .flight = true, .most_bytes = kBytes}));
  fibers::Runtime runtime({.mapping = fibers::Mapping::many_to_one});
  runtime.run([] {
    for (int i = 0; i < 200'000; ++i) fibers::yield();
    fibers::note("the last");
  });
  lwp::trace::stop();
  CHECK(fs::file_size(file) == kBytes);
  auto r = read({file}, Say(Language::en));
  REQUIRE(std::holds_alternative<Recording>(r));
  const auto& recording = std::get<Recording>(r);
  CHECK(recording.damaged == 0);
  const bool last = std::any_of(recording.events.begin(), recording.events.end(), [&](auto& e) {
    return e.kind == Kind::note && recording.text(e) == "the last";
  });
  CHECK(last);
}

TEST_CASE("Damaged recordings are read to their end") {
  const Folder folder;
  const std::string file = folder / "t";
  (void)recorded({.mapping = fibers::Mapping::many_to_many, .lwps = 2}, file, [] {
    std::vector<fibers::Fiber> all;
    for (int i = 0; i < 50; ++i) all.push_back(fibers::spawn([] { fibers::yield(); }));
    for (auto& f : all) f.join();
  });
  const std::string bytes = content(file);
  std::mt19937_64 random(7);
  for (int run = 0; run < 200; ++run) {
    std::string damaged = bytes;
    for (int i = 0; i < 30; ++i) {
      // Where bytes are, mostly: the chunks' beginnings.
      const std::size_t chunk = random() % (damaged.size() / lwp::trace::kChunkBytes);
      const std::size_t at = chunk * lwp::trace::kChunkBytes + random() % 600;
      damaged[at] = static_cast<char>(random());
    }
    if (run % 3 == 0) damaged.resize(random() % damaged.size());
    const Model m = model_of(read(std::as_bytes(std::span(damaged))));
    const Say say(Language::en);
    const Summary s = summarize(m, say);
    CHECK(!s.findings.empty());
    CHECK(!to_csv(m).empty());
    CHECK(!to_page({{&m, s, "damaged"}}, say).empty());
  }
}

// ---- the commands ----

TEST_CASE("weft run records a program, and weft report tells of it") {
  const Folder folder;
  const std::string file = folder / "t.wt", page = folder / "t.html", csv = folder / "t.csv";
  auto ran =
      run_weft({"run", "--trace", file, "--", WEFT_PROGRAM, "measure", "pipe", "--ms", "50"});
  CHECK(ran.code == 0);
  auto text = run_weft({"report", file, "--text", "--lang", "en"});
  CHECK(text.code == 0);
  CHECK(text.out.find("What was found") != text.out.npos);
  CHECK(text.out.find("Who waited for whom") != text.out.npos);
  CHECK(run_weft({"report", file, "-o", page}).code == 0);
  const std::string html = content(page);
  CHECK(html.starts_with("<!doctype html>"));
  for (const char* asks : {"src=", "<link rel=\"stylesheet", "@import", "url(http"}) {
    CHECK(html.find(asks) == html.npos);  // it is whole
  }
  CHECK(run_weft({"report", file, "--export", "csv", "-o", csv}).code == 0);
  CHECK(content(csv).starts_with("process,runtime,lane,name,begin_ns,end_ns,state,"));
  CHECK(run_weft({"report", file, "--export", "perfetto", "-o", folder / "t.pf"}).code == 0);
  CHECK(fs::file_size(folder / "t.pf") > 1000);
}

TEST_CASE("The libraries of the page weigh at most 80 KB") {
  std::uintmax_t bytes = 0;
  for (const auto& file : fs::directory_iterator(WEFT_SOURCE_DIR "/labs/trace/page/vendor")) {
    const auto kind = file.path().extension();
    if (kind == ".js" || kind == ".css") bytes += file.file_size();
  }
  std::printf("libraries of the page: %ju bytes\n", bytes);
  CHECK(bytes > 0);
  CHECK(bytes <= 80 * 1024);
}

// ---- what the page is told ----

nlohmann::json page_of(const Recording& r) {
  const Model m = model_of(r);
  const Say say(Language::en);
  return nlohmann::json::parse(data_of_page({{&m, summarize(m, say), "a run"}}))[0];
}

TEST_CASE("A page knows what its objects were waited for, and requests by their flow") {
  Recording r = one_read_stops_ten();
  const auto objects = page_of(r)["objects"];
  const auto log = std::find_if(objects.begin(), objects.end(),
                                [](const auto& o) { return o[0] == "mutex log"; });
  REQUIRE(log != objects.end());
  CHECK((*log)[2] == 1);                    // waits
  CHECK((*log)[3] == 2 * kMillisecond);     // waited
  CHECK((*log)[6] == 1);                    // held across a blocking call
  CHECK(page_of(r)["requests"] == "AA==");  // none: one byte

  Script s;
  const auto l = s.lwp(s.runtime(1, "many-to-one, 1 LWP"), 1);
  s.at(0).happens(l, Kind::create, 1, 0, "a").happens(l, Kind::run, 1);
  s.at(10).happens(l, Kind::begin, 0xfeedfacecafe, 0, "GET /");
  s.at(30).happens(l, Kind::end, 0xfeedfacecafe);
  s.at(40).happens(l, Kind::idle);
  // One, of the first fiber, text 2, at 10, 20 long, part of the first flow.
  CHECK(page_of(s.take())["requests"] == "AQACChQB");
}

TEST_CASE("What cannot be recorded or read is refused") {
  const Folder folder;
  const std::string none = folder / "none.wt";
  CHECK(run_weft({"run", "--trace", none}).code == kWrongUse);
  CHECK(run_weft({"run", "--", "true"}).code == kWrongUse);
  CHECK(run_weft({"run", "--trace", none, "--", "./no-such-program"}).code == kWrongUse);
  CHECK(run_weft({"run", "--trace", none, "--", "true"}).code == kNo);  // recorded nothing
  CHECK(run_weft({"run", "--trace", none, "--", "false"}).code == 1);   // its own code
  CHECK(run_weft({"report", none, "--text"}).code == kWrongUse);        // it is empty
  CHECK(run_weft({"report", folder / "absent.wt"}).code == kWrongUse);
  CHECK(run_weft({"report", none, "--export", "pdf"}).code == kWrongUse);
}

}  // namespace
}  // namespace weft::labs::trace
