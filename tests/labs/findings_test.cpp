// SPDX-License-Identifier: BSL-1.0
// What a recording means, and what is found in it, word for word: of scripted runs.
#include <algorithm>

#include "labs/trace/page.hpp"
#include "labs/trace/summary.hpp"
#include "tests/catch.hpp"
#include "tests/labs/script.hpp"

namespace weft::labs::trace {
namespace {

using namespace testing;

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
  const auto found = summarize(m, Say(Language::en)).findings;
  const auto still = std::find_if(found.begin(), found.end(),
                                  [](const Finding& f) { return f.id == "found.still"; });
  REQUIRE(still != found.end());
  CHECK(still->end - still->begin == kMillisecond);  // then an LWP had a permit, and was late
}

TEST_CASE("A part of a request lies within the request") {
  Script s;
  const auto l = s.lwp(s.runtime(1, "many-to-one, 1 LWP"), 1);
  s.at(0).happens(l, Kind::create, 1, 0, "a").happens(l, Kind::run, 1);
  s.at(10).happens(l, Kind::begin, 7, 0, "request");
  s.at(20).happens(l, Kind::begin, 7, 0, "disk");
  s.at(30).happens(l, Kind::end, 7);
  s.at(40).happens(l, Kind::end, 7);
  s.at(500).happens(l, Kind::idle);
  const Model m = model_of(s.take());
  REQUIRE(m.spans.size() == 2);
  CHECK(m.spans[0].end == 40);
  CHECK(m.spans[1].end == 30);
}

TEST_CASE("A lock that is shared has an owner until the last lets go") {
  Script s;
  const auto runtime = s.runtime(1, "many-to-many, 3 LWPs");
  const auto a = s.lwp(runtime, 1), b = s.lwp(runtime, 2), w = s.lwp(runtime, 3);
  s.at(0).happens(a, Kind::create, 1, 0, "reader").happens(a, Kind::create, 2, 0, "guest");
  s.happens(a, Kind::create, 3, 0, "writer").happens(a, Kind::run, 1).happens(b, Kind::run, 2);
  s.happens(w, Kind::run, 3).happens(w, Kind::acquire, 0x20, 0, "mutex");
  s.at(10).happens(a, Kind::acquire, 0x10, 0, "shared mutex");
  s.at(20).happens(b, Kind::acquire, 0x10, 0, "shared mutex");
  s.at(30).happens(b, Kind::release, 0x10, 0, "shared mutex").happens(b, Kind::done);
  s.at(40).happens(w, Kind::park, 0x10, 0, "shared mutex");
  s.at(50).happens(a, Kind::park, 0x20, 0, "mutex");
  s.at(5 * kMillisecond).happens(a, Kind::idle);
  const auto all = findings(s.take(), Language::en);
  REQUIRE(!all.empty());
  CHECK(all[0].starts_with("Deadlock"));
}

TEST_CASE("What a fiber held when events were lost nobody is said to hold") {
  Script s;
  const auto runtime = s.runtime(1, "many-to-many, 2 LWPs");
  const auto a = s.lwp(runtime, 1), b = s.lwp(runtime, 2);
  s.at(0).happens(a, Kind::create, 1, 0, "a").happens(a, Kind::create, 2, 0, "b");
  s.happens(a, Kind::run, 1).happens(b, Kind::run, 2);
  s.at(10).happens(a, Kind::acquire, 0x10, 0, "mutex");
  s.at(20).happens(a, Kind::none);  // its release is among them
  s.at(30).happens(a, Kind::run, 1).happens(a, Kind::block, 0, 0, "read");
  s.at(40).happens(b, Kind::park, 0x10, 0, "mutex");
  s.at(5 * kMillisecond).happens(a, Kind::unblock);
  const Model m = model_of(s.take());
  REQUIRE(m.objects.size() == 1);
  CHECK(m.objects[0].owner() == kNobody);
  CHECK(m.objects[0].held_while_blocked == 0);
}

TEST_CASE("Whoever has given an object away is no part of a deadlock") {
  Script s;
  const auto runtime = s.runtime(1, "many-to-many, 3 LWPs");
  const auto a = s.lwp(runtime, 1), b = s.lwp(runtime, 2), w = s.lwp(runtime, 3);
  s.at(0).happens(a, Kind::create, 1, 0, "a").happens(a, Kind::create, 2, 0, "b");
  s.happens(a, Kind::create, 3, 0, "w").happens(a, Kind::run, 1).happens(w, Kind::run, 3);
  s.happens(b, Kind::run, 2).happens(a, Kind::acquire, 0x10, 0, "mutex");
  s.at(10).happens(w, Kind::park, 0x10, 0, "mutex");
  s.at(20).happens(a, Kind::release, 0x10, 0, "mutex");
  s.at(30).happens(b, Kind::acquire, 0x10, 0, "mutex").happens(b, Kind::park, 0, 0, "sleep");
  s.at(40).happens(a, Kind::park, 3, 0, "join of fiber");
  s.at(5 * kMillisecond).happens(a, Kind::idle);
  for (const auto& text : findings(s.take(), Language::en)) CHECK(!text.starts_with("Deadlock"));
}

TEST_CASE("A call that was noticed from outside ends when its LWP records anything") {
  Script s;
  const auto l = s.lwp(s.runtime(1, "one-to-one"), 1);
  s.at(0).happens(l, Kind::create, 1, 0, "a").happens(l, Kind::run, 1);
  s.at(kMillisecond).happens(l, Kind::seen, 0, 1, "read", 6);
  s.at(50 * kMillisecond).happens(l, Kind::send, 0x20, 0, "channel");
  s.at(2000 * kMillisecond).happens(l, Kind::done);
  const Model m = model_of(s.take());
  REQUIRE(m.calls.size() == 1);
  CHECK(m.calls[0].length() == 49 * kMillisecond);
  CHECK(m.fibers[0].slices.back().state == State::running);
}

TEST_CASE("Every blocking call is charged, not the first alone") {
  Script s;
  s.processors(4);
  const auto l = s.lwp(s.runtime(1, "many-to-one, 1 LWP, policy fifo, hold"), 1);
  s.at(0).happens(l, Kind::create, 1, 0, "a").happens(l, Kind::create, 2, 0, "b");
  s.happens(l, Kind::run, 1).happens(l, Kind::ready, 2, kCreated);
  for (int i = 0; i < 5; ++i) {
    s.at((20 * i + 1) * kMillisecond).happens(l, Kind::block, 0, 0, "read");
    s.at((20 * i + 11) * kMillisecond).happens(l, Kind::unblock);
    s.at((20 * i + 12) * kMillisecond).happens(l, Kind::yield).happens(l, Kind::run, 2);
    s.at((20 * i + 13) * kMillisecond).happens(l, Kind::yield).happens(l, Kind::run, 1);
  }
  s.at(100 * kMillisecond).happens(l, Kind::done);
  const Model m = model_of(s.take());
  REQUIRE(m.calls.size() == 5);
  for (const Call& c : m.calls) CHECK(c.collateral == 10 * kMillisecond);
}

TEST_CASE("A name in a recording cannot end or blank the page") {
  Script s;
  const auto l = s.lwp(s.runtime(1, "many-to-one, 1 LWP"), 1);
  s.at(0).happens(l, Kind::create, 1, 0, "A<!--<script></script>").happens(l, Kind::run, 1);
  s.at(10).happens(l, Kind::done);
  const Model m = model_of(s.take());
  const Say say(Language::en);
  const std::string page = to_page({{&m, summarize(m, say), "a run"}}, say);
  CHECK(page.find("A<!--") == page.npos);
  CHECK(page.find("A\\u003c!--") != page.npos);
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

// ---- what else can be found, word for word ----

// A client asks twice; the second time a worker's read makes it wait, and a processor is missed.
// Two of the same reads, each while the other worker is ready.
Recording requests_behind_a_read() {
  Script s;
  const auto l = s.lwp(s.runtime(1, "many-to-one, 1 LWP, policy fifo, hold"), 1);
  const auto c = s.lwp(s.runtime(2, "a kernel thread"), 1);
  s.at(0).happens(c, Kind::create, 1, 0, "client").happens(c, Kind::run, 1);
  s.happens(l, Kind::create, 1, 0, "worker-1").happens(l, Kind::create, 2, 0, "worker-2");
  s.happens(l, Kind::run, 1).happens(l, Kind::ready, 2, kCreated);
  s.at(1 * kMillisecond).happens(c, Kind::begin, 5, 0, "asked");
  s.at(2 * kMillisecond).happens(l, Kind::block, 0, 0, "read");
  s.at(22 * kMillisecond).happens(l, Kind::unblock).happens(l, Kind::yield);
  s.happens(l, Kind::run, 2).happens(l, Kind::begin, 5, 0, "request");
  s.at(23 * kMillisecond).happens(l, Kind::yield).happens(l, Kind::run, 1);
  s.at(24 * kMillisecond).happens(l, Kind::block, 0, 0, "read");
  s.at(34 * kMillisecond).happens(l, Kind::unblock).happens(l, Kind::yield);
  s.happens(l, Kind::run, 2);
  s.at(36 * kMillisecond).happens(l, Kind::end, 5).happens(l, Kind::done);
  s.happens(l, Kind::run, 1);
  s.at(37 * kMillisecond).happens(c, Kind::end, 5);
  s.at(40 * kMillisecond).happens(l, Kind::sched, 101, 0).happens(l, Kind::done);
  Recording r = s.take();
  r.events.back().third = 0;
  return r;
}

TEST_CASE("The slowest request, and the calls that held it up, are said word for word") {
  const Recording r = requests_behind_a_read();
  CHECK(
      findings(r, Language::en) ==
      std::vector<std::string>{
          "The slowest request took 36.0\u00a0ms: 21.0\u00a0ms until it was taken up, "
          "11.0\u00a0ms ready, 0\u00a0ns waiting, 0\u00a0ns in blocking calls of its own, "
          "3.00\u00a0ms running. It "
          "was longest behind worker-1 in read: 20.0\u00a0ms.",
          "LWP 1 (many-to-one, hold) was blocked 20.0\u00a0ms by worker-1 in read; one ready fiber "
          "waited "
          "20.0\u00a0ms. It was the worst of 2 such calls; all together cost 30.0\u00a0ms of "
          "waiting.",
          "For 30.0\u00a0ms (75 % of the recording) no fiber of many-to-one, hold ran though up to "
          "1 were ready: every "
          "LWP with a permit was blocked, once for 20.0\u00a0ms."});
  const auto zh = findings(r, Language::zh);
  REQUIRE(zh.size() == 3);
  CHECK(zh[0] ==
        "最慢的请求用了 36.0\u00a0ms：21.0\u00a0ms 后才被接手，就绪等待 11.0\u00a0ms，等待对象 "
        "0\u00a0ns，自己的阻塞调用 "
        "0\u00a0ns，运行 3.00\u00a0ms。等得最久的是 worker-1 的 read：20.0\u00a0ms。");
  const Model m = model_of(r);
  const Summary s = summarize(m, Say(Language::en));
  REQUIRE(s.slow.size() == 1);
  CHECK(name_of(m, m.spans[s.slow[0].whole].fiber) == "client");
  CHECK(name_of(m, m.spans[s.slow[0].served].fiber) == "worker-2");
}

// A mutex that is only contended, a thread without a processor, events that were lost.
Recording contended_and_off() {
  Script s;
  const auto runtime = s.runtime(1, "one-to-one");
  const auto a = s.lwp(runtime, 1), b = s.lwp(runtime, 2);
  s.at(0).happens(a, Kind::create, 1, 0, "a").happens(a, Kind::run, 1);
  s.happens(b, Kind::create, 2, 0, "b").happens(b, Kind::run, 2);
  s.happens(a, Kind::acquire, 0x10, 0, "mutex");
  s.at(10).happens(a, Kind::sched, 101, 1000);
  s.at(1 * kMillisecond).happens(b, Kind::park, 0x10, 0, "mutex");
  s.at(31 * kMillisecond).happens(a, Kind::release, 0x10, 0, "mutex");
  s.happens(a, Kind::ready, 2, kWoken).happens(b, Kind::run, 2);
  s.at(40 * kMillisecond).happens(a, Kind::sched, 101, 20 * kMillisecond);
  s.happens(b, Kind::done).happens(a, Kind::done);
  Recording r = s.take();
  for (Event& e : r.events) {
    if (e.kind == Kind::sched && e.at > 10) e.third = 20 * kMillisecond;
  }
  r.dropped = 3;
  r.damaged = 2;
  return r;
}

TEST_CASE("Contention, a missing processor and losses are said word for word, in both languages") {
  const Recording r = contended_and_off();
  CHECK(findings(r, Language::en) ==
        std::vector<std::string>{
            "mutex 0x10 made a fiber wait once, 30.0\u00a0ms.",
            "LWP 1 could run and had no processor for 20.0\u00a0ms: other programs, or more LWPs "
            "than processors.",
            "3 events were lost: the disk was full or slower than the program. What follows a loss "
            "may be wrong.",
            "The recording is damaged or cut short: 2 parts of it could not be read to their end, "
            "and what they held is missing here."});
  CHECK(findings(r, Language::zh) ==
        std::vector<std::string>{
            "mutex 0x10 使纤程等待一次，30.0\u00a0ms。",
            "LWP 1 可运行却没有处理器，共 20.0\u00a0ms：有其他程序，或 LWP 多于处理器。",
            "丢失了 3 个事件：磁盘已满或跟不上程序。丢失之后的内容可能不准。",
            "录制文件已损坏或被截断：有 2 部分无法完整读取，其内容不在此处。"});
}

TEST_CASE("Where nothing stood still, that is said") {
  Script s;
  const auto l = s.lwp(s.runtime(1, "many-to-one, 1 LWP"), 1);
  s.at(0).happens(l, Kind::create, 1, 0, "main").happens(l, Kind::run, 1);
  s.at(10 * kMillisecond).happens(l, Kind::done);
  const Recording r = s.take();
  CHECK(findings(r, Language::en) ==
        std::vector<std::string>{
            "No blocking call and no object held a fiber up for 1.00\u00a0ms or more."});
  CHECK(findings(r, Language::zh) ==
        std::vector<std::string>{"没有阻塞调用或对象使纤程耽搁 1.00\u00a0ms 以上。"});
}

}  // namespace
}  // namespace weft::labs::trace
