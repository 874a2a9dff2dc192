// SPDX-License-Identifier: BSL-1.0
// Recordings: what the runtime writes can be read back whole and means what happened; and the
// commands that make and show them.
#include "fibers/trace.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <span>

#include "fibers/sync.hpp"
#include "labs/exit.hpp"
#include "labs/load/generator.hpp"
#include "labs/trace/page.hpp"
#include "labs/trace/perfetto.hpp"
#include "labs/trace/text.hpp"
#include "labs/trace/writer.hpp"
#include "lwp/trace/recorder.hpp"
#include "servers/server.hpp"
#include "tests/child.hpp"
#include "tests/fibers/every_configuration.hpp"
#include "tests/labs/script.hpp"
#include "tests/labs/weft_program.hpp"

namespace weft::labs::trace {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using labs::testing::all_said_by_weft;
using labs::testing::content;
using labs::testing::Folder;
using labs::testing::run_weft;
using trace::testing::kMillisecond;
using trace::testing::one_read_stops_ten;
using trace::testing::Script;

// ---- recordings made by code ----

TEST_CASE("What a writer writes is read back, over chunks' ends, with its processes") {
  using Happens = lwp::trace::Event;
  Writer server("weft serve", 10), disk("weft serve", 11);
  const auto runtime = server.runtime("many-to-one, 1 LWP");
  const auto l = server.place(runtime, 1);
  server.write(0, 0, Happens::born, {9});
  server.write(0, 0, Happens::role, {}, "server");
  constexpr int kYields = 20'000;
  server.write(l, 0, Happens::create, {1}, "main");
  for (int i = 0; i < kYields; ++i) {
    server.write(l, 10 * i, Happens::run, {1});
    server.write(l, 10 * i + 7, Happens::yield);
  }
  disk.write(0, 5, Happens::born, {10});
  disk.write(0, 5, Happens::role, {}, "disk");
  disk.write(0, 95, Happens::gone);
  const std::string bytes = server.bytes() + disk.bytes();
  const Model m = model_of(read(std::as_bytes(std::span(bytes))));
  CHECK(m.recording.damaged == 0);
  REQUIRE(m.fibers.size() == 1);
  const Summary s = summarize(m, Say(Language::en));
  CHECK(s.fibers[0].runs == kYields);
  CHECK(s.fibers[0].in[static_cast<std::size_t>(State::running)] == 7 * kYields);
  REQUIRE(m.recording.processes.size() == 2);
  const Process &first = m.recording.processes[0], &second = m.recording.processes[1];
  CHECK(first.role == "server");
  CHECK(first.ended == -1);
  CHECK(second.role == "disk");
  CHECK(second.parent == 10);
  CHECK(second.ended == 95);
  const std::string text = in_text(m, s, Terminal{.say = Say(Language::en)});
  CHECK(text.find("disk, process 11: weft serve, from 0") != text.npos);
  CHECK(text.find("started by 10") != text.npos);
  CHECK(to_csv(m).find("\n11,,process,disk,") != std::string::npos);
  Recording without = m.recording;
  leave_out(without, [](const Process& p) { return p.role == "disk"; });
  CHECK(without.processes.size() == 1);
}

TEST_CASE("Lanes of a client come behind those of the servers that it asks, whoever began first") {
  using Happens = lwp::trace::Event;
  Writer client("weft compare", 10), server("weft compare", 11);
  for (auto* writer : {&client, &server}) {
    const auto l = writer->place(writer->runtime("many-to-one, 1 LWP"), 1);
    writer->write(0, 0, Happens::role, {}, writer == &client ? "client" : "server");
    writer->write(l, 1, Happens::create, {1}, "main");
    writer->write(l, 2, Happens::run, {1});
    writer->write(l, 9, Happens::done);
  }
  const std::string bytes = client.bytes() + server.bytes();
  const Model m = model_of(read(std::as_bytes(std::span(bytes))));
  REQUIRE(m.runtimes.size() == 2);
  CHECK(m.recording.processes[m.runtimes[0].process].role == "server");
  CHECK(m.recording.processes[m.runtimes[1].process].role == "client");
  CHECK(m.fibers[0].runtime == 0);
}

// One fiber that notes something every 10 ns, in three chunks, and says in the third that it runs.
std::string three_chunks(const std::string& fact = "") {
  using Happens = lwp::trace::Event;
  Writer writer("three chunks", 10);
  if (!fact.empty()) writer.fact(fact);
  const auto l = writer.place(writer.runtime("many-to-one, 1 LWP"), 1);
  writer.write(l, 0, Happens::create, {1}, "main");
  writer.write(l, 0, Happens::run, {1});
  const std::string text(lwp::trace::Ring::kMostText, 'x');
  for (int i = 0; i < 300; ++i) {
    writer.write(l, 10 * i, Happens::note, {}, text);
    if (i == 280) writer.write(l, 10 * i, Happens::run, {1});
  }
  return writer.bytes();
}
// Calls `change` for each chunk of LWPs.
template <class Change>
void each_chunk(std::string& bytes, Change&& change) {
  for (std::size_t at = 0; at < bytes.size(); at += lwp::trace::kChunkBytes) {
    lwp::trace::Header h;
    std::memcpy(&h, bytes.data() + at, sizeof h);
    if (h.lwp != 0) change(h);
    std::memcpy(bytes.data() + at, &h, sizeof h);
  }
}

TEST_CASE("Where events were lost nothing is known, until the next") {
  std::string bytes = three_chunks();
  const Model whole = model_of(read(std::as_bytes(std::span(bytes))));
  REQUIRE(whole.lwps.size() == 1);
  for (const Slice& slice : whole.lwps[0].slices) CHECK(slice.state == State::running);
  each_chunk(bytes, [](lwp::trace::Header& h) {  // all after the first
    if (h.sequence == 1) h.dropped_after = 5;
    if (h.sequence > 1) h.dropped = 5;
  });
  const Model m = model_of(read(std::as_bytes(std::span(bytes))));
  CHECK(m.recording.dropped == 5);
  for (const Lane* lane : {&m.lwps.at(0), &m.fibers.at(0)}) {
    REQUIRE(lane->slices.size() == 3);
    CHECK(lane->slices[0].state == State::running);
    CHECK(lane->slices[1].state == State::none);
    CHECK(lane->slices[1].begin > 1000);
    CHECK(lane->slices[1].end == 2800);
    CHECK(lane->slices[2].state == State::running);
  }
}

TEST_CASE("A flight recorder's time begins where its LWPs' oldest chunk does") {
  std::string bytes = three_chunks("kept=last");
  Nanos second = 0;
  each_chunk(bytes, [&](lwp::trace::Header& h) {
    if (h.sequence == 1) h.magic = 0;
    if (h.sequence == 2) second = h.nanos[0];
  });
  const Model m = model_of(read(std::as_bytes(std::span(bytes))));
  CHECK(second > 1000);
  CHECK(m.recording.began == second);
  CHECK(m.recording.processes.at(0).command == "three chunks");
  REQUIRE(m.lwps.size() == 1);
  CHECK(m.recording.events.front().at == second);
  // Another process's recording, whole, is as long as it was.
  using Happens = lwp::trace::Event;
  Writer other("another", 11);
  const auto l = other.place(other.runtime("many-to-one, 1 LWP"), 1);
  other.write(l, 0, Happens::create, {1}, "main");
  other.write(l, 5, Happens::run, {1});
  const std::string both = bytes + other.bytes();
  CHECK(read(std::as_bytes(std::span(both))).began == 0);
  // Nor does a damaged chunk of one that kept all make it shorter.
  std::string damaged = three_chunks();
  each_chunk(damaged, [](lwp::trace::Header& h) {
    if (h.sequence == 1) h.magic = 0;
  });
  CHECK(read(std::as_bytes(std::span(damaged))).began == 0);
}

TEST_CASE("A flight recorder has a chunk for each LWP, and others to take turns") {
  const Folder folder;
  const std::string file = folder / "flight";
  constexpr std::size_t kFibers = 60, kBytes = 20 * lwp::trace::kChunkBytes;
  REQUIRE(lwp::trace::start({.file = file, .flight = true, .most_bytes = kBytes}));
  fibers::Runtime runtime({.mapping = fibers::Mapping::one_to_one});
  runtime.run([] {
    std::vector<fibers::Fiber> all;
    for (std::size_t i = 0; i < kFibers; ++i) {
      all.push_back(fibers::spawn([] {
        for (int k = 0; k < 2000; ++k) fibers::note("something that fills many chunks of it");
      }));
    }
    for (auto& f : all) f.join();
    fibers::note("the last");
  });
  const auto cost = lwp::trace::cost();
  lwp::trace::stop();
  CHECK(cost.dropped == 0);
  const auto r = read({file}, Say(Language::en));
  REQUIRE(std::holds_alternative<Recording>(r));
  const auto& recording = std::get<Recording>(r);
  CHECK(std::any_of(recording.events.begin(), recording.events.end(), [&](auto& e) {
    return e.kind == Kind::note && recording.text(e) == "the last";
  }));
}

TEST_CASE("A recording whose clock counts steps is told in steps") {
  using Happens = lwp::trace::Event;
  Writer w("explored");
  w.fact(lwp::trace::kClockOfSteps);
  const auto l = w.place(w.runtime("many-to-one, 1 LWP"), 1);
  w.write(l, 0, Happens::create, {1}, "a");
  w.write(l, 0, Happens::run, {1});
  w.write(l, 3, Happens::park, {w.string("mutex"), 0x10});
  w.write(l, 8, Happens::idle);
  const std::string bytes = w.bytes();
  const Model m = model_of(read(std::as_bytes(std::span(bytes))));
  CHECK(m.recording.steps);
  const Say say(Language::en);
  CHECK(duration(m, m.fibers[0].slices[0].length(), say) == "3 steps");
  CHECK(duration(m, 1, say) == "1 step");
  CHECK(to_page({{&m, summarize(m, say), "explored"}}, say).find("\"steps\":true") !=
        std::string::npos);
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
    CHECK(std::count_if(m.fibers.begin(), m.fibers.end(),
                        [](const Lane& f) { return f.name == "main"; }) == 1);
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
      CHECK(f.origin.starts_with("trace_test.cpp:"));
      REQUIRE(!f.slices.empty());
      CHECK(f.slices.back().end < m.recording.ended);  // it ended, and main went on
    }
  }
}

// The client's span of a request and the server's have the same flow, over one connection or many.
TEST_CASE("A request is followed from the client to the server and back") {
  const Folder folder;
  std::ofstream(folder / "hello.txt") << "hello";
  for (const std::string model : {"single-threaded", "fsm", "dispatcher-worker"}) {
    for (const bool keep_alive : {false, true}) {
      CAPTURE(model, keep_alive);
      const std::string file = folder / (model + (keep_alive ? "-kept" : "")).c_str();
      REQUIRE(lwp::trace::start({.file = file}));
      servers::ServerOptions options;
      options.model = model;
      options.root = folder.path.string();
      options.workers = 2;
      options.fibers.mapping = fibers::Mapping::many_to_many;
      options.fibers.lwps = 2;
      options.fibers.dump_on_sigquit = false;
      servers::Refusal why;
      auto server = servers::Server::open(options, why);
      REQUIRE(server);
      lwp::os::Thread thread("server", [&] { server->run(); });
      const std::string request = std::string("GET /hello.txt HTTP/1.1\r\nHost: x\r\n") +
                                  (keep_alive ? "" : "Connection: close\r\n") + "\r\n";
      load::Plan plan;
      plan.target.port = server->port();
      plan.next_request = [&] { return std::string_view(request); };
      plan.connections = 2;
      plan.keep_alive = keep_alive;
      plan.duration = 50 * kMillisecond;
      const load::Outcome out = load::run(plan);
      server->drain();
      thread.join();
      lwp::trace::stop();
      CHECK(out.failures() == 0);
      auto r = read({file}, Say(Language::en));
      REQUIRE(std::holds_alternative<Recording>(r));
      const Model m = model_of(std::move(std::get<Recording>(r)));
      std::size_t asked = 0, met = 0;
      for (const Span& s : m.spans) {
        if (m.text(s.what) != "asked") continue;
        ++asked;
        met += std::any_of(m.spans.begin(), m.spans.end(), [&](const Span& x) {
          return m.text(x.what) == "request" && x.flow == s.flow && x.begin >= s.begin &&
                 x.begin <= s.end;
        });
      }
      CHECK(asked >= out.answered);
      CHECK(met == asked);
      const Summary s = summarize(m, Say(Language::en));
      REQUIRE(!s.slow.empty());
      CHECK(s.slow[0].whole != s.slow[0].served);
      CHECK(s.slow[0].before >= 0);
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

TEST_CASE("A recording is appended where readers look, and odd facts do no harm") {
  const Folder folder;
  const std::string file = folder / "odd.wt";
  std::ofstream(file) << three_chunks().substr(0, lwp::trace::kChunkBytes + 5000);
  const auto events = [&] { return std::get<Recording>(read({file}, Say(Language::en))).events; };
  const auto before = events().size();
  (void)recorded({}, file, [] { fibers::note("appended"); });
  CHECK(events().size() > before);
  Writer odd("odd", 10);
  for (const char* cost : {"inf", "nan", "-1", "1e300"}) {
    odd.fact("event_ns=" + std::string(cost));
  }
  const std::string bytes = odd.bytes();
  CHECK(read(std::as_bytes(std::span(bytes))).processes.at(0).event_ns == 0);
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

bool tells_of_a_blocked_lwp(const std::string& file) {
  const auto r = read({file}, Say(Language::en));
  const auto* recording = std::get_if<Recording>(&r);
  return recording != nullptr &&
         std::any_of(recording->events.begin(), recording->events.end(), [](const Event& e) {
           return e.kind == Kind::seen || e.kind == Kind::noticed;
         });
}

// Its LWP blocks in a call that nobody announced, while no other fiber is ready: so nobody but the
// recorder has a reason to look.
TEST_CASE("A blocked LWP is in the recording though nobody waited for it") {
  if (!lwp::os::has(lwp::os::Feature::proc_syscall)) {
    WARN("SKIPPED: needs /proc/PID/task/TID/syscall");
    return;
  }
  const Folder folder;
  int n = 0;
  for (const auto& config : fibers::testing::every_configuration()) {
    INFO(fibers::testing::describe(config));
    const std::string file = folder / ("b" + std::to_string(n++)).c_str();
    Nanos began = 0, ended = 0;
    const Model m = model_of(recorded(config, file, [&] {
      auto pipe = std::move(lwp::os::pipe().value());
      lwp::os::Thread holder("holder", [&] {
        // Until it is in the recording, which can be read at any time.
        const Nanos patience = lwp::os::now() + 20 * lwp::os::kSecond;
        while (!tells_of_a_blocked_lwp(file) && lwp::os::now() < patience) {
          lwp::os::sleep_until(lwp::os::now() + kMillisecond);
        }
        const std::byte one[1]{};
        (void)lwp::os::write(pipe[1].get(), one).error();
      });
      fibers::spawn({"reader"}, [&] {
        std::byte one[1];
        began = lwp::os::now();
        (void)lwp::os::read(pipe[0].get(), one).error();
        ended = lwp::os::now();
        // It stays awake for longer than the recorder rests.
        const Nanos enough = lwp::os::thread_cpu() + 20 * kMillisecond;
        while (lwp::os::thread_cpu() < enough) {
        }
      }).join();
      holder.join();
    }));
    const auto call = std::find_if(m.calls.begin(), m.calls.end(), [&](const Call& c) {
      return name_of(m, c.fiber) == "reader" && call_name(m, c).starts_with("read(");
    });
    REQUIRE(call != m.calls.end());
    CHECK(call->known != Known::announced);
    CHECK(call_name(m, *call).find(", pipe:[") != std::string::npos);
    CHECK(call->end > call->begin);
    // In between it did sleep.
    CHECK(call->begin < ended);
    CHECK(call->end > began);
    const Summary s = summarize(m, Say(Language::en));
    CHECK(to_csv(m).find(",blocked,") != std::string::npos);
    const auto row = std::find_if(s.calls.begin(), s.calls.end(),
                                  [](const CallRow& r) { return r.what.starts_with("read("); });
    REQUIRE(row != s.calls.end());
    CHECK(row->known[static_cast<std::size_t>(call->known)] > 0);
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

TEST_CASE("A program that goes to another folder is recorded where it was said") {
  const Folder folder;
  fs::create_directories(folder.path / "sub");
  const std::string weft = WEFT_PROGRAM, program = weft + " measure pipe --ms 20";
  for (const std::string name : {"t.wt", "flight:t.wt"}) {
    INFO(name);
    auto ran =
        lwp::os::spawn_process({"sh", "-c",
                                "cd " + folder.path.string() + " && " + weft + " run --trace " +
                                    name + " -- sh -c 'cd sub && " + program + "'"});
    REQUIRE(ran);
    CHECK(labs::testing::finish(*ran).code == 0);
    CHECK(fs::exists(folder.path / name));
  }
  CHECK(fs::is_empty(folder.path / "sub"));
}

TEST_CASE("A recording is written over nothing but a recording") {
  const Folder folder;
  const std::string file = folder / "notes.txt";
  std::ofstream(file) << "my notes, longer than the head of a chunk, so that they are read whole: "
                      << std::string(200, '.');
  CHECK(run_weft({"run", "--trace", file, "--", "true"}).code == 2);
  CHECK(content(file).starts_with("my notes"));
  std::ofstream(file) << std::string(4000, '\0') << "an image of a disk";
  CHECK(run_weft({"run", "--trace", file, "--", "true"}).code == 2);
  CHECK(content(file).ends_with("an image of a disk"));
  CHECK(run_weft({"run", "--trace", folder / ".", "--", "true"}).code == 2);
}

TEST_CASE("weft report refuses a folder, and does not write over the recording") {
  const Folder folder;
  const std::string file = folder / "r.wt";
  CHECK(run_weft({"report", folder / "."}).code == 2);
  REQUIRE(run_weft({"run", "--trace", file, "--", WEFT_PROGRAM, "measure", "pipe"}).code == 0);
  const auto size = fs::file_size(file);
  CHECK(run_weft({"report", file, "-o", file}).code == 2);
  CHECK(fs::file_size(file) == size);
  CHECK(std::holds_alternative<Recording>(read({file}, Say(Language::en))));
  CHECK(run_weft({"report", file, "--text", "--export", "csv"}).code == 2);
  // A program that records nothing leaves what was there.
  const std::string before = content(file);
  const auto nothing = all_said_by_weft({"run", "--trace", file, "--lang", "en", "--", "true"});
  CHECK(nothing.code == 1);
  CHECK_THAT(nothing.out, Contains("holds what it held before"));
  CHECK(content(file) == before);
  CHECK_FALSE(fs::exists(file + ".before"));
  // Also through a link, and beside a file of the name that it would have been put aside under.
  const std::string link = folder / "link.wt";
  fs::create_symlink(file, link);
  std::ofstream(file + ".before") << "mine";
  CHECK(run_weft({"run", "--trace", link, "--", "true"}).code == 1);
  CHECK(content(file) == before);
  CHECK(fs::is_symlink(link));
  CHECK(content(file + ".before") == "mine");
  std::ofstream(file) << three_chunks().substr(0, 1000);
  CHECK_THAT(all_said_by_weft({"report", file, "--lang", "en"}).out, Contains("cut off"));
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
  return nlohmann::json::parse(data_of_page({{&m, summarize(m, say), "a run"}}, say))[0];
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
  CHECK(page_of(r)["fibers"][0]["migrations"] == 0);

  Script s;
  const auto l = s.lwp(s.runtime(1, "many-to-one, 1 LWP"), 1);
  s.at(0).happens(l, Kind::create, 1, 0, "a").happens(l, Kind::run, 1);
  s.at(10).happens(l, Kind::begin, 0xfeedfacecafe, 0, "GET /");
  s.at(30).happens(l, Kind::end, 0xfeedfacecafe);
  s.at(40).happens(l, Kind::idle);
  // One, of the first fiber, text 2, at 10, 20 long, part of the first flow.
  CHECK(page_of(s.take())["requests"] == "AQACChQB");

  // The same ports, and so the same flow, come again: that is another request.
  Script again;
  const auto on = again.lwp(again.runtime(1, "many-to-one, 1 LWP"), 1);
  again.at(0).happens(on, Kind::create, 1, 0, "a").happens(on, Kind::run, 1);
  again.at(10).happens(on, Kind::begin, 7, 0, "GET /");
  again.at(30).happens(on, Kind::end, 7);
  again.at(50).happens(on, Kind::begin, 7, 0, "GET /");
  again.at(60).happens(on, Kind::end, 7);
  CHECK(page_of(again.take())["requests"] == "AgACChQBAAMoCgI=");
}

TEST_CASE("Simulated and explored schedules are recordings, too") {
  const Folder folder;
  const std::string file = folder / "s.wt";
  auto simulated = run_weft({"simulate", "--workload",
                             std::string(WEFT_SOURCE_DIR) + "/labs/simulate/examples/convoy.txt",
                             "--trace", file, "--lang", "en"});
  CHECK(simulated.code == 0);
  CHECK(simulated.out.find("./weft report") != std::string::npos);
  auto r = read({file}, Say(Language::en));
  REQUIRE(std::holds_alternative<Recording>(r));
  const Model m = model_of(std::move(std::get<Recording>(r)));
  CHECK(m.recording.damaged == 0);
  REQUIRE(m.lwps.size() == 1);
  CHECK(m.fibers.size() >= 3);
  // Its one CPU carries one job at a time, and each job runs as long as it says.
  const Summary s = summarize(m, Say(Language::en));
  Nanos ran = 0;
  for (const auto& row : s.fibers) ran += row.in[static_cast<std::size_t>(State::running)];
  CHECK(ran == s.lwps[0].in[static_cast<std::size_t>(State::running)]);
  CHECK(run_weft({"report", file, "--text"}).code == 0);
}

// ---- last words ----

TEST_CASE("A crash, a deadlock and SIGQUIT say where it is recorded, and the recording is whole") {
  const Folder folder;
  for (const std::string how : {"crash", "killed", "abort", "deadlock", "quit"}) {
    // A sanitizer reports these in its own way.
    if (weft::testing::kSanitized && (how == "crash" || how == "killed")) continue;
    for (const std::string kind : {"", "flight:"}) {
      CAPTURE(how, kind);
      const std::string file = folder / (how + (kind.empty() ? "" : "-flight")).c_str();
      weft::testing::Child child("trace", how, "WEFT_TRACE='" + kind + file + "' exec ");
      const std::string where = "weft: recorded until here: ./weft report " + file + "\n";
      if (how == "quit") {
        REQUIRE(child.says("waiting"));
        child.signal(SIGQUIT);
        REQUIRE(child.says(where));
        child.signal(SIGKILL);
      }
      if (how == "killed") {
        REQUIRE(child.says("waiting"));
        child.signal(SIGFPE);
      }
      const int code = child.end();
      INFO(child.output());
      CHECK(code == (how == "crash"    ? 128 + SIGSEGV
                     : how == "killed" ? 128 + SIGFPE
                     : how == "abort"  ? 128 + SIGABRT
                     : how == "quit"   ? 128 + SIGKILL
                                       : static_cast<int>(kDeadlock)));
      CHECK(child.output().find(where) != std::string::npos);
      auto r = read({file}, Say(Language::en));
      REQUIRE(std::holds_alternative<Recording>(r));
      const auto& recording = std::get<Recording>(r);
      CHECK(recording.damaged == 0);
      const bool last = std::any_of(recording.events.begin(), recording.events.end(), [&](auto& e) {
        return e.kind == Kind::note && recording.text(e) == "the last";
      });
      CHECK(last);
    }
  }
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
