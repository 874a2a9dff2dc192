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

namespace {

// What grows by the chance of timing (a queue that a preempted helper let fill) may do so once
// more; what allocates for each request does so in each window.
template <class Talk>
auto counted_in_steady_state(Talk&& talk) {
  talk();
  auto counted = allocations.load();
  for (int window = 0; window < 4; ++window) {
    const auto before = allocations.load();
    talk();
    counted = allocations.load() - before;
    if (counted == 0) break;
  }
  return counted;
}

}  // namespace

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
  const auto counted = counted_in_steady_state([&] { talk(50); });
  live.stop();
  counts_here = true;
  CHECK(counted == 0);
}

TEST_CASE("names: renewing and looking up allocates nothing") {
  const std::string entry = "a-name-too-long-for-a-short-string 127.0.0.1:8080";
  const std::string asked = "register " + entry + " 60\nlookup " +
                            entry.substr(0, entry.find(' ')) + "\nlookup nobody\nlist\n";
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  counts_here = false;
  Live live(setup, "", [&](auto& o) { o.service = "names"; });
  Client client(live.port());
  const std::string answer =
      "ok\nok 127.0.0.1:8080\nerror nobody is registered under this name\n" + entry + " 60\nend\n";
  auto talk = [&] {
    // Not every byte: of the lease a second may have passed.
    for (int i = 0; i < 50; ++i)
      REQUIRE(client.send(asked).bytes(answer.size()).ends_with("\nend\n"));
  };
  const auto counted = counted_in_steady_state(talk);
  live.stop();
  counts_here = true;
  CHECK(counted == 0);
}
#endif
