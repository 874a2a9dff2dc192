// SPDX-License-Identifier: BSL-1.0
// What a recording says where it does not have everything: events that found no room, beginnings
// that a flight recorder has forgotten, ends that were never recorded.
#include <algorithm>
#include <cstring>
#include <span>
#include <string>

#include "fibers/event.hpp"
#include "fibers/fiber.hpp"
#include "fibers/runtime.hpp"
#include "fibers/sync.hpp"
#include "fibers/trace.hpp"
#include "labs/trace/names.hpp"
#include "labs/trace/summary.hpp"
#include "labs/trace/writer.hpp"
#include "lwp/trace/recorder.hpp"
#include "lwp/trace/ring.hpp"
#include "tests/labs/weft_program.hpp"

namespace weft::labs::trace {
namespace {

namespace os = lwp::os;
using Happens = lwp::trace::Event;
using labs::testing::Folder;

Model model_in(const std::string& file) {
  auto r = read({file}, Say(Language::en));
  REQUIRE(std::holds_alternative<Recording>(r));
  return model_of(std::move(std::get<Recording>(r)));
}
Model model_of_bytes(const std::string& bytes) {
  return model_of(read(std::as_bytes(std::span(bytes))));
}

const Lane& fiber_named(const Model& m, const std::string& name) {
  const auto at =
      std::find_if(m.fibers.begin(), m.fibers.end(), [&](const Lane& f) { return f.name == name; });
  REQUIRE(at != m.fibers.end());
  return *at;
}

TEST_CASE("After a loss nobody is known to run, whatever would still have fitted into the chunk") {
  const Folder folder;
  const std::string file = folder / "lost";
  REQUIRE(lwp::trace::start({.file = file, .most_bytes = 16 * lwp::trace::kChunkBytes}));
  fibers::Runtime runtime({.mapping = fibers::Mapping::many_to_one});
  runtime.run([] {
    fibers::Semaphore there{0}, back{0};
    constexpr int kTurns = 100'000;
    auto other = fibers::spawn({"other"}, [&] {
      for (int i = 0; i < kTurns; ++i) there.acquire(), back.release();
    });
    for (int i = 0; i < kTurns; ++i) there.release(), back.acquire();
    other.join();
  });
  lwp::trace::stop();
  const Model m = model_in(file);
  CHECK(m.recording.dropped > 0);
  REQUIRE(m.fibers.size() == 2);
  for (const Lane& fiber : m.fibers) {
    INFO(fiber.name);
    CHECK(fiber.slices.back().state == State::none);
  }
  REQUIRE(m.lwps.size() == 1);
  CHECK(m.lwps[0].slices.back().state == State::none);
}

TEST_CASE("A flight recorder tells who waits for whom, however long ago that began") {
  const Folder folder;
  const std::string file = folder / "flight";
  REQUIRE(lwp::trace::start(
      {.file = file, .flight = true, .most_bytes = 24 * lwp::trace::kChunkBytes}));
  fibers::Runtime runtime({.mapping = fibers::Mapping::many_to_one});
  Model m;
  runtime.run([&] {
    fibers::Mutex mutex;
    fibers::Event done;
    auto owner = fibers::spawn({"owner"}, [&] {
      std::lock_guard lock(mutex);
      done.wait();
    });
    while (mutex.try_lock()) mutex.unlock(), fibers::yield();
    auto waiter = fibers::spawn({"waiter"}, [&] { std::lock_guard lock(mutex); });
    // Until both have begun to wait, and the chunks of that time have been taken for others.
    const os::Nanos until = os::now() + 5 * os::kSecond / 2;
    for (int i = 0; os::now() < until; ++i) fibers::count("turns", i), fibers::yield();
    m = model_in(file);
    done.set();
    owner.join();
    waiter.join();
  });
  lwp::trace::stop();
  CHECK(m.recording.dropped == 0);
  const auto begins = [&](const Event& e) {
    return e.kind == Kind::create && m.text(e.text) == "waiter";
  };
  CHECK(std::none_of(m.recording.events.begin(), m.recording.events.end(), begins));  // forgotten
  const Slice& waits = fiber_named(m, "waiter").slices.back();
  CHECK(waits.state == State::waits);
  CHECK(m.text(waits.what) == "mutex");
  REQUIRE(waits.object != kNobody);
  REQUIRE(waits.owner != kNobody);
  CHECK(m.fibers[waits.owner].name == "owner");
  CHECK(m.objects[waits.object].owner() == waits.owner);
  CHECK(m.text(fiber_named(m, "owner").slices.back().what) == "event");
}

TEST_CASE("What was said again does not contradict what is known") {
  Writer writer("a program", 10);
  const auto runtime = writer.runtime("many-to-one, 1 LWP");
  const auto l = writer.place(runtime, 1);
  const auto mutex = writer.string("mutex");
  writer.write(l, 0, Happens::create, {1}, "main");
  writer.write(l, 10, Happens::run, {1});
  writer.write(0, 20, Happens::waiting, {1, runtime, mutex, 0x40});  // it was seen before it ran
  writer.write(l, 30, Happens::done);
  writer.write(0, 40, Happens::waiting, {1, runtime, mutex, 0x40});
  writer.write(0, 50, Happens::gone);
  const Model m = model_of_bytes(writer.bytes());
  const Lane& main = fiber_named(m, "main");
  CHECK(std::none_of(main.slices.begin(), main.slices.end(),
                     [](const Slice& s) { return s.state == State::waits; }));
}

TEST_CASE("A recording that was cut short, or lacks chunks in between, is said to be damaged") {
  Writer writer("a program", 10);
  const auto l = writer.place(writer.runtime("many-to-one, 1 LWP"), 1);
  writer.write(l, 0, Happens::create, {1}, "main");
  writer.write(l, 0, Happens::run, {1});
  const std::string text(lwp::trace::Ring::kMostText, 'x');
  for (int i = 0; i < 300; ++i) writer.write(l, 10 * i, Happens::note, {}, text);
  const std::string whole = writer.bytes();
  CHECK(model_of_bytes(whole).recording.damaged == 0);
  CHECK(model_of_bytes(whole.substr(0, whole.size() - 100)).recording.damaged == 1);
  std::string gap = whole;
  for (std::size_t at = 0; at < gap.size(); at += lwp::trace::kChunkBytes) {
    lwp::trace::Header h;
    std::memcpy(&h, gap.data() + at, sizeof h);
    if (h.lwp != 0 && h.sequence == 2) h.magic = 0;
    std::memcpy(gap.data() + at, &h, sizeof h);
  }
  CHECK(model_of_bytes(gap).recording.damaged == 1);
}

TEST_CASE("A request whose end is not recorded is no slow request") {
  Writer writer("a server", 10);
  const auto l = writer.place(writer.runtime("many-to-one, 1 LWP"), 1);
  const auto request = writer.string("request");
  writer.write(l, 0, Happens::create, {1}, "main");
  writer.write(l, 0, Happens::run, {1});
  constexpr std::uint64_t kLost = 2;
  for (std::uint64_t flow = 1; flow <= 4; ++flow) {
    writer.write(l, static_cast<Nanos>(100 * flow), Happens::begin, {request, flow});
    if (flow == kLost) continue;
    writer.write(l, static_cast<Nanos>(100 * flow) + 10, Happens::end, {flow});
  }
  writer.write(l, 1'000'000, Happens::note, {}, "much later");
  const Model m = model_of_bytes(writer.bytes());
  CHECK(m.spans.size() == 4);
  const Summary s = summarize(m, Say(Language::en));
  REQUIRE(s.spans.size() == 1);
  CHECK(s.spans[0].count == 3);
  CHECK(s.spans[0].worst == 10);
  for (const SlowRow& row : s.slow) CHECK(row.length == 10);
}

TEST_CASE("Fibers of one name are told apart by their numbers, others are not burdened with them") {
  Writer writer("a program", 10);
  const auto l = writer.place(writer.runtime("many-to-one, 1 LWP"), 1);
  std::uint64_t number = 0;
  for (const char* name : {"conn", "log", "conn"}) {
    writer.write(l, 0, Happens::create, {++number}, name);
    writer.write(l, 1, Happens::run, {number});
    writer.write(l, 2, Happens::done);
  }
  const Model m = model_of_bytes(writer.bytes());
  REQUIRE(m.fibers.size() == 3);
  CHECK(name_of(m, 0) == "conn (1)");
  CHECK(name_of(m, 1) == "log");
  CHECK(name_of(m, 2) == "conn (3)");
}

}  // namespace
}  // namespace weft::labs::trace
