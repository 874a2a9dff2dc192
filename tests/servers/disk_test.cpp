// SPDX-License-Identifier: BSL-1.0
#include "servers/disk.hpp"

#include <map>

#include "servers/disk_ledger.hpp"
#include "tests/catch.hpp"
#include "tests/servers/live.hpp"

using namespace weft;
using namespace weft::tests;
using servers::DiskLedger;
using servers::DiskSpec;
using servers::DiskWork;
using servers::parse_disk;

TEST_CASE("the ledger serves as many at once as it has heads, first come first served") {
  os::ManualClock clock(1000);
  DiskLedger ledger;
  ledger.set_heads(2);
  auto place = [&](os::Nanos time) { return ledger.place(os::now(), time); };
  CHECK(place(100).end == 1100);
  CHECK(place(50).end == 1050);
  auto third = place(100);  // waits for the earlier of the two
  CHECK(third.start == 1050);
  CHECK(third.end == 1150);
  CHECK(place(10).end == 1110);
  clock.advance(1000);
  auto late = place(100);  // both idle meanwhile: no credit is saved up
  CHECK(late.start == 2000);
  CHECK(late.end == 2100);
  CHECK(place(100).end == 2100);
  CHECK(place(100).end == 2200);
}

TEST_CASE("one head is a queue") {
  DiskLedger ledger;
  ledger.set_heads(1);
  for (int i = 1; i <= 5; ++i) CHECK(ledger.place(0, 75).end == i * 75);
}

TEST_CASE("disks are named on the command line") {
  auto spec = [](const char* text) { return parse_disk(text).spec; };
  CHECK(spec("none")->kind == DiskSpec::Kind::none);
  CHECK(spec("real")->kind == DiskSpec::Kind::real);
  CHECK_FALSE(spec("real")->cold);
  CHECK(spec("real,cold")->cold);
  CHECK(spec("slow:7.5")->each == 7'500'000);
  CHECK(spec("slow:7.5")->heads == 8);
  auto full = *spec("slow:0.25,heads=1,hot=hot/");
  CHECK(full.each == 250'000);
  CHECK(full.heads == 1);
  CHECK(full.hot == "hot/");
  for (const char* bad : {"", "slow", "slow:", "slow:x", "slow:0", "slow:-1", "slow:nan",
                          "slow:inf", "slow:5,heads=0", "slow:5,heads=65", "slow:5,heads=x",
                          "slow:5,cold", "real,heads=2", "none,cold", "fast", "real,"}) {
    INFO(bad);
    auto parsed = parse_disk(bad);
    if (std::string_view(bad) == "real,") continue;  // an empty option is none
    CHECK_FALSE(parsed.spec);
    CHECK(parsed.error.find("Disks are: none") != std::string::npos);
  }
}

namespace {

struct OneFile {
  OneFile() {
    folder.file("f", "0123456789");
    root = std::move(os::open_directory(folder.path()).value());
    file = std::move(os::open_beneath(root.get(), "f").value());
  }
  DiskWork read(std::uint64_t offset, std::span<std::byte> into) const {
    return {.offset = offset, .into = into, .file = file.get()};
  }
  Folder folder;
  os::Fd root, file;
};

}  // namespace

TEST_CASE("a slow disk blocks its callers in a read until the ledger's end, not longer by much") {
  OneFile f;
  auto disk = servers::make_disk(*parse_disk("slow:20,heads=2,hot=hot/").spec);
  const std::string cold_name = "f", hot_name = "hot/f";
  DiskWork work{.name = &cold_name};
  CHECK(disk->blocks(work));
  work.name = &hot_name;
  CHECK_FALSE(disk->blocks(work));
  work.kind = DiskWork::Kind::write;  // what is changed goes to the disk
  CHECK(disk->blocks(work));

  constexpr int kCallers = 4;
  std::array<std::array<std::byte, 4>, kCallers> buffers{};
  std::array<std::size_t, kCallers> got{};
  os::Nanos begin = os::now();
  {
    std::vector<os::Thread> callers;
    for (std::size_t i = 0; i < kCallers; ++i) {
      callers.emplace_back("caller",
                           [&, i] { got[i] = disk->perform(f.read(i, buffers[i]))->bytes; });
    }
    for (auto& c : callers) c.join();
  }
  os::Nanos took = os::now() - begin;
  CHECK(took >= 40 * os::kMillisecond);  // two rounds of two heads
  CHECK(took < 400 * os::kMillisecond);  // and not four rounds on a quiet machine
  for (std::size_t i = 0; i < kCallers; ++i) {
    CHECK(got[i] == 4);
    CHECK(std::to_integer<char>(buffers[i][0]) == static_cast<char>('0' + i));
  }
}

TEST_CASE("more callers than the slow disk has pipes wait for one") {
  OneFile f;
  auto spec = *parse_disk("slow:5,heads=8").spec;
  spec.readers = 2;
  auto disk = servers::make_disk(spec);
  lwp::atomic<int> read{0};
  {
    std::vector<os::Thread> callers;
    for (int i = 0; i < 12; ++i) {
      callers.emplace_back("caller", [&] {
        std::array<std::byte, 4> buffer;
        if (disk->perform(f.read(0, buffer))->bytes == 4) read.fetch_add(1);
      });
    }
    for (auto& c : callers) c.join();
  }
  CHECK(read.load() == 12);
}

TEST_CASE("a queue completes every read, in the order of their ends") {
  OneFile f;
  auto text = GENERATE("real", "real,cold", "slow:5,heads=4");
  INFO(text);
  auto disk = servers::make_disk(*parse_disk(text).spec);
  const auto by = GENERATE(servers::Disk::By::threads, servers::Disk::By::kernel);
  auto queue = disk->make_queue(by);
  constexpr std::size_t kReads = 10;
  std::array<std::array<std::byte, 1>, kReads> buffers{};
  os::Nanos begin = os::now();
  for (std::size_t i = 0; i < kReads; ++i) {
    queue->submit(f.read(i, buffers[i]), &buffers[i]);
  }
  std::map<void*, std::size_t> done;
  std::array<servers::DiskQueue::Completion, 3> some;
  while (done.size() < kReads) {
    REQUIRE(os::wait_ready(queue->fd(), os::kReadable, os::now() + Client::kPatience));
    for (std::size_t i = 0, n = queue->take(some); i < n; ++i) {
      done[some[i].tag] = some[i].done->bytes;
    }
  }
  if (std::string_view(text).starts_with("slow")) {
    CHECK(os::now() - begin >= 15 * os::kMillisecond);  // ten reads, four at once
  }
  for (std::size_t i = 0; i < kReads; ++i) {
    CHECK(done[&buffers[i]] == 1);
    CHECK(std::to_integer<char>(buffers[i][0]) == static_cast<char>('0' + i));
  }
}
