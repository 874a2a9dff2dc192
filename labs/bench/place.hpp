// SPDX-License-Identifier: BSL-1.0
// Where fibers run in a row: one program, put under each engine and mapping by a configuration.
#pragma once

#include <utility>
#include <vector>

#include "fibers/fiber.hpp"
#include "labs/bench/bench.hpp"

namespace weft::labs::bench {

namespace os = lwp::os;

struct Place {
  Engine engine = Engine::weft;
  fibers::Mapping mapping = fibers::Mapping::many_to_one;
  int lwps = 1;
  fibers::OnBlock on_block = fibers::OnBlock::hold;
  std::string policy = {};

  Row row(std::string name) const {
    return {.name = std::move(name), .engine = engine, .mapping = mapping, .lwps = lwps};
  }
  fibers::Config config() const {
    return {
        .mapping = mapping,
        .engine =
            engine == Engine::boost_fiber ? fibers::Engine::boost_fiber : fibers::Engine::weft,
        .lwps = mapping == fibers::Mapping::many_to_many ? lwps : 0,
        .on_block = on_block,
        .policy = policy,
        .dump_on_sigquit = false,
    };
  }
};

/// Weft, Boost.Fiber, and kernel threads on that many CPUs.
inline std::vector<Place> places(int lwps) {
  using enum fibers::Mapping;
  auto shared = lwps == 1 ? many_to_one : many_to_many;
  return {{Engine::weft, shared, lwps},
          {Engine::boost_fiber, shared, lwps},
          {Engine::pthread, one_to_one, lwps}};
}

/// What `body` returns as the first fiber of a new runtime.
template <class F>
double in_fiber(const Place& place, F body) {
  fibers::Runtime runtime(place.config());
  double result = 0;
  runtime.run([&] { result = body(); });
  return result;
}

/// Nanoseconds that each of `operations` takes, if `work` does them all.
template <class F>
[[gnu::always_inline]] inline double each(long operations, F&& work) {
  os::Nanos began = os::now();
  work();
  return static_cast<double>(os::now() - began) / static_cast<double>(operations);
}

}  // namespace weft::labs::bench
