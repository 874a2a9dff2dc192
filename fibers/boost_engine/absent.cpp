// SPDX-License-Identifier: BSL-1.0
// In the simulated world there is no Boost.Fiber: its atomics and locks are not ours to choose at.
#include <stdexcept>

#include "fibers/engine.hpp"

namespace weft::fibers {

std::unique_ptr<EngineBase> make_boost_engine(const Config&) {
  throw std::invalid_argument("Boost.Fiber's engine cannot run in the simulated world");
}

}  // namespace weft::fibers
