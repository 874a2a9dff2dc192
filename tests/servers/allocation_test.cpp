// SPDX-License-Identifier: BSL-1.0
// In the steady state a request allocates nothing: every operator new of this program is counted,
// except the test thread's own. A sanitizer has an operator new of its own, so not there.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <cstdlib>
#include <iostream>
#include <new>

#include "tests/catch.hpp"
#include "tests/servers/live.hpp"

namespace {

weft::lwp::atomic<std::uint64_t> allocations{0};
thread_local bool counts_here = true;

void* allocate(std::size_t bytes) {
  if (counts_here) allocations.fetch_add(1, weft::lwp::memory_order_relaxed);
  if (void* at = std::malloc(bytes == 0 ? 1 : bytes)) return at;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes) {
  return allocate(bytes);
}
void* operator new[](std::size_t bytes) {
  return allocate(bytes);
}
void operator delete(void* at) noexcept {
  std::free(at);
}
void operator delete[](void* at) noexcept {
  std::free(at);
}
void operator delete(void* at, std::size_t) noexcept {
  std::free(at);
}
void operator delete[](void* at, std::size_t) noexcept {
  std::free(at);
}

using namespace weft;
using namespace weft::tests;

TEST_CASE("requests allocate nothing in the steady state, on a kept or a new connection") {
  if (!os::has(os::Feature::openat2)) {  // the walk in its place copies each part of the name
    std::cout << "SKIPPED: needs openat2\n";
    return;
  }
  Folder root, log;
  root.file("a-name-too-long-for-a-short-string.txt", "hello");
  const std::string request = get("/a-name-too-long-for-a-short-string.txt");
  auto setup = GENERATE(from_range(all_setups()));
  auto disk = GENERATE("none", "real", "slow:0.05");
  if (setup.workers == 0) return;  // a connection allocates its fiber
  INFO(setup << ", " << disk);
  counts_here = false;
  Live live(setup, root.path(), [&](auto& o) {
    o.disk = *servers::parse_disk(disk).spec;
    o.access_log = log.path() + "/log";
  });
  Client kept(live.port());
  auto talk = [&](int requests) {
    for (int i = 0; i < requests; ++i) {
      REQUIRE(kept.send(request).answer().ends_with("hello"));
      REQUIRE(Client(live.port()).send(request).answer().ends_with("hello"));
    }
  };
  {
    // More connections at once than the measured part has, where a closed one may still be open in
    // the server while the next is accepted.
    std::vector<Client> crowd;
    for (int i = 0; i < 16; ++i) crowd.emplace_back(live.port()).send(request);
    for (auto& c : crowd) REQUIRE(c.answer().ends_with("hello"));
  }
  talk(50);
  // What grows by the chance of timing (a queue that a preempted helper let fill) may do so once
  // more; what allocates for each request does so in each window.
  auto counted = allocations.load();
  for (int window = 0; window < 4; ++window) {
    auto before = allocations.load();
    talk(50);
    counted = allocations.load() - before;
    if (counted == 0) break;
  }
  live.stop();
  counts_here = true;
  CHECK(counted == 0);
}
#endif
