// SPDX-License-Identifier: BSL-1.0
// Fibers that allocate and compute, preempted each millisecond: run with MALLOC_ARENA_MAX=1, all
// LWPs share the lock that a stopped one may hold. Usage: program_preempt LWPS
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "fibers/runtime.hpp"
#include "fibers/scope.hpp"
#include "lwp/os.hpp"

using namespace weft;
namespace os = weft::lwp::os;

int main(int, char** argv) {
  fibers::Runtime runtime({.mapping = fibers::Mapping::many_to_many,
                           .lwps = std::atoi(argv[1]),
                           .on_block = fibers::OnBlock::handoff,
                           .preempt = os::kMillisecond});
  runtime.run([] {
    const os::Nanos end = os::now() + 500 * os::kMillisecond;
    fibers::Scope scope;
    for (int me = 0; me < 8; ++me) {
      scope.spawn([&] {
        while (os::now() < end) {
          std::vector<std::string> blocks;
          for (std::size_t i = 0; i < 200; ++i) blocks.emplace_back(1500 + 16 * i, 'x');
        }
      });
    }
    scope.join();
  });
  std::puts("done");
}
