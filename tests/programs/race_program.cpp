// SPDX-License-Identifier: BSL-1.0
// Two fibers of one LWP count in one variable, with a yield between reading and writing it:
//   program_race bare|mutex
// A race, though no kernel thread ever had one here; only a build with ThreadSanitizer sees it.
#include <string_view>

#include "fibers/fiber.hpp"
#include "fibers/sync.hpp"

using namespace weft::fibers;

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const bool with_mutex = std::string_view(argv[1]) == "mutex";
  int counter = 0;
  Runtime({.mapping = Mapping::many_to_one}).run([&] {
    Mutex mutex;
    auto count = [&] {
      for (int i = 0; i < 10; ++i) {
        std::unique_lock lock(mutex, std::defer_lock);
        if (with_mutex) lock.lock();
        int before = counter;
        yield();
        counter = before + 1;
      }
    };
    Fiber first = spawn({"first"}, count);
    Fiber second = spawn({"second"}, count);
  });
  os::write_out(1, counter == 20 ? "20\n" : "fewer\n");
  return 0;
}
