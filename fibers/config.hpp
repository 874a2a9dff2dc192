// SPDX-License-Identifier: BSL-1.0
// How fibers lie on kernel threads, chosen at run time.
#pragma once

#include <cstddef>
#include <cstdint>
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

/// What happens to an LWP's other fibers while one of them blocks it in the kernel. With one-to-one
/// there are none, and each of these means that the kernel thread blocks.
enum class OnBlock {
  hold,     ///< they wait: the textbook's problem
  handoff,  ///< a spare LWP gets the run permit: at blocking(), and when the sentinel notices it
  offload,  ///< blocking(f) runs f on a helper thread and parks; a call not announced holds
};

inline constexpr std::size_t kLeastStack = 16 * 1024;
inline constexpr os::Nanos kLeastSlice = os::kMillisecond, kUsualSlice = 10 * os::kMillisecond;
inline constexpr os::Nanos kLongestSpin = 10 * os::kMillisecond;

struct Config {
  Mapping mapping = Mapping::many_to_many;
  Engine engine = Engine::weft;
  int lwps = 0;  ///< LWPs of many-to-many; 0 = one for each CPU allowed
  OnBlock on_block = OnBlock::hold;
  /// LWPs at most, blocked and spare ones too (handoff), or LWPs and helper threads (offload);
  /// 0 = 64 more than `lwps`.
  int max_lwps = 0;
  /// Notice calls that block an LWP unannounced under `hold` and `offload`, too, and who waits for
  /// them: Runtime::episodes(). With handoff they always are. Weft's engine only.
  bool notice_blocking = false;
  /// > 0: a fiber that computes for longer while others are ready is stopped, and another runs; a
  /// policy's slice() and preempts() act. Needs handoff. 0: a fiber keeps its LWP until it waits.
  os::Nanos preempt = 0;
  /// An LWP without work looks for some so long before it sleeps (one at a time does): it answers
  /// sooner and costs its CPU. Weft's engine only.
  os::Nanos spin = 0;
  std::string policy = {};  ///< a name of lwp/policy_table.hpp; empty: as policy_of() says
  std::uint64_t seed = 1;   ///< of policies that draw lots
  std::size_t stack_bytes = 64 * 1024;  ///< of each fiber, without its guard page
  bool dump_on_sigquit = true;          ///< a watcher thread prints every fiber on SIGQUIT
};

std::string_view name(Mapping m);  ///< "many-to-one", …
std::string_view name(Engine e);   ///< "weft", "boost-fiber"
std::string_view name(OnBlock b);  ///< "hold", "handoff", "offload"
std::optional<Mapping> mapping_named(std::string_view text);
std::optional<Engine> engine_named(std::string_view text);
std::optional<OnBlock> on_block_named(std::string_view text);

/// The policy it runs: its own, or what its mapping has without one.
std::string policy_of(const Config& config);

/// Why this configuration cannot run (what, why, what to type instead), or nothing.
std::optional<std::string> refuse(const Config& config);

}  // namespace weft::fibers
