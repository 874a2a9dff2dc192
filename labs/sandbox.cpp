// SPDX-License-Identifier: BSL-1.0
#include "labs/sandbox.hpp"

#include "labs/compile.hpp"
#include "lwp/os.hpp"

namespace weft::labs {
namespace {

constexpr long long kPatience = 10'000'000'000;  // ns

// Its own network, in which there is nothing, and its own process numbers: when the first of them
// ends, the kernel ends the rest.
const std::vector<std::string> kIsolated = {"unshare", "--user", "--map-current-user", "--net",
                                            "--pid",   "--fork", "--kill-child"};

}  // namespace

bool can_isolate() {
  static const bool can = [] {
    if (!lwp::os::has(lwp::os::Feature::namespaces)) return false;
    auto command = kIsolated;
    command.emplace_back("true");
    return run_command(command, kPatience).code == 0;
  }();
  return can;
}

std::vector<std::string> fenced(const std::vector<std::string>& command, const Fence& fence) {
  const std::string cpu = std::to_string(fence.cpu_seconds);
  std::vector<std::string> out = {"timeout", "--signal=KILL", std::to_string(fence.wall_seconds)};
  if (can_isolate()) out.insert(out.end(), kIsolated.begin(), kIsolated.end());
  out.insert(out.end(), {"prlimit", "--cpu=" + cpu, "--as=" + std::to_string(fence.memory),
                         "--fsize=" + std::to_string(fence.file), "--core=0",
                         "--nproc=" + std::to_string(fence.processes), "--nofile=256", "--"});
  out.insert(out.end(), command.begin(), command.end());
  return out;
}

}  // namespace weft::labs
