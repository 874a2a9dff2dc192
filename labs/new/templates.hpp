// SPDX-License-Identifier: BSL-1.0
// What `weft new` writes; {name} and {class} are replaced.
#pragma once

#include <string_view>

namespace weft::labs::templates {

// Right but for one task too many: the rules find it at once.
inline constexpr std::string_view kPolicy =
    R"(// A scheduling policy. It still forgets a task; the rules say when:
//   ./weft simulate --policy ./{name}.cpp --workload labs/simulate/examples/convoy.txt
// What a task can be asked, and what else a policy may hear of, is in lwp/policy.hpp.
#include "lwp/policy.hpp"

using namespace weft::lwp;

class {class} final : public Policy {
 public:
  // `task` can run. What you must remember of it goes into task.data<T>(), 32 bytes.
  void ready(Task& task, Why) override { waits_ = &task; }

  // Who runs next; null only if none is ready.
  Task* next() override {
    Task* task = waits_;
    waits_ = nullptr;
    return task;
  }

 private:
  Task* waits_ = nullptr;  // only one? lwp/policies/list.hpp has a list of them
};

WEFT_POLICY({class})
)";

inline constexpr std::string_view kProgram =
    R"(// Two fibers on one kernel thread, and a channel between them.
#include <cstdio>

#include "fibers/channel.hpp"
#include "fibers/fiber.hpp"
#include "fibers/runtime.hpp"

using namespace weft::fibers;

int main() {
  Runtime runtime({.mapping = Mapping::many_to_one});
  runtime.run([] {
    Channel<int> numbers(0);
    Fiber giver = spawn({.name = "giver"}, [&] {
      for (int n = 1; n <= 3; ++n) numbers.send(n);
      numbers.close();
    });
    while (auto n = numbers.receive()) std::printf("received %d\n", *n);
    giver.join();
  });
}
)";

inline constexpr std::string_view kProgramCMake =
    R"(# From here:  cmake -S . -B build -DCMAKE_PREFIX_PATH=WHERE_WEFT_IS && cmake --build build
cmake_minimum_required(VERSION 3.25)
project({name} LANGUAGES CXX)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

find_package(weft REQUIRED)
add_executable({name} main.cpp)
target_link_libraries({name} PRIVATE weft::fibers)
)";

// ---- the commands that come next ----

inline constexpr std::string_view kPolicyNext =
    R"(  ./weft simulate --policy ./{name}.cpp --workload labs/simulate/examples/convoy.txt
  ./weft explore ./{name}.cpp
  ./weft serve --policy ./{name}.cpp
)";

inline constexpr std::string_view kProgramNext =
    R"(  cmake --install .build/release --prefix WHERE
  cmake -S {name} -B {name}/build -DCMAKE_PREFIX_PATH=WHERE
  cmake --build {name}/build && {name}/build/{name}
)";

}  // namespace weft::labs::templates
