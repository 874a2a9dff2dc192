// SPDX-License-Identifier: BSL-1.0
// How fibers lie on kernel threads, chosen at run time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lwp/os.hpp"

namespace weft::fibers {

namespace os = lwp::os;

/// How fibers lie on LWPs.
enum class Mapping {
  many_to_one,   ///< all fibers share one LWP
  many_to_many,  ///< all fibers share `lwps` LWPs
  one_to_one,    ///< a kernel thread each; the kernel schedules them
};

/// Who switches and schedules: Weft, or Boost.Fiber behind the same API.
enum class Engine { weft, boost_fiber };

/// What happens to an LWP's other fibers while one of them blocks it in the kernel.
enum class OnBlock { hold };

struct Config {
  Mapping mapping = Mapping::many_to_many;
  Engine engine = Engine::weft;
  int lwps = 0;  ///< LWPs of many-to-many; 0 = one for each CPU allowed
  OnBlock on_block = OnBlock::hold;
  std::string policy = "fifo";
  std::size_t stack_bytes = 64 * 1024;  ///< of each fiber, without its guard page
  bool dump_on_sigquit = true;          ///< a watcher thread prints every fiber on SIGQUIT
};

std::string_view name(Mapping m);  ///< "many-to-one", …
std::string_view name(Engine e);   ///< "weft", "boost-fiber"
std::string_view name(OnBlock b);  ///< "hold"
std::optional<Mapping> mapping_named(std::string_view text);
std::optional<Engine> engine_named(std::string_view text);

/// Why this configuration cannot run (what, why, what to type instead), or nothing.
std::optional<std::string> refuse(const Config& config);

}  // namespace weft::fibers
