// SPDX-License-Identifier: BSL-1.0
#include "labs/trace/stacks.hpp"

#include <array>
#include <filesystem>

#include "lwp/os.hpp"

namespace weft::labs::trace {
namespace {

namespace fs = std::filesystem;
namespace os = lwp::os;

constexpr os::Nanos kPatience = 15 * os::kSecond;
constexpr std::size_t kMostBytes = 256 * 1024;
// What gdb says before it is about the attaching.
constexpr std::string_view kBegin = "weft: stack";

// What a process writes until it ends; nullopt if that takes too long.
std::optional<std::string> output_of(os::Process& process) {
  const os::Nanos deadline = os::now() + kPatience;
  std::string out;
  std::array<std::byte, 4096> bytes;
  while (out.size() < kMostBytes) {
    if (!os::wait_ready(process.out(), os::kReadable, deadline)) return std::nullopt;
    const auto got = os::read(process.out(), bytes);
    if (!got || *got == 0) return out;
    out.append(reinterpret_cast<const char*>(bytes.data()), *got);
  }
  return out;
}

}  // namespace

std::vector<std::string> gdb_on(int process, const std::vector<std::string>& commands) {
  const std::string pid = std::to_string(process);
  std::error_code none;
  const std::string program = fs::read_symlink("/proc/" + pid + "/exe", none).string();
  // The commands are in the program itself, which gdb has to be told to trust.
  std::vector<std::string> argv{"gdb",  "-batch",
                                "-iex", "add-auto-load-safe-path " + program,
                                "-iex", "set print thread-events off",
                                "-iex", "set suppress-cli-notifications on",
                                "-p",   pid};
  for (const auto& command : commands) {
    argv.push_back("-ex");
    argv.push_back(command);
  }
  return argv;
}

std::string stack_of(int process, std::uint64_t fiber, const Say& say) {
  std::vector<std::string> argv{"sh", "-c", "exec \"$@\" 2>&1 </dev/null", "sh"};
  for (auto& word : gdb_on(
           process, {"echo " + std::string(kBegin) + "\\n", "weft bt " + std::to_string(fiber)})) {
    argv.push_back(std::move(word));
  }
  auto gdb = os::spawn_process(argv);
  if (!gdb) return say("ps.no_gdb");
  const auto out = output_of(*gdb);
  if (!out) {
    return say("ps.gdb_is_slow", {{"seconds", std::to_string(kPatience / os::kSecond)}});
  }
  const auto ended = gdb->wait(os::now() + os::kSecond);
  if (ended && ended->code == 127) return say("ps.no_gdb");
  const auto at = out->find(kBegin);
  const std::string stack = at == out->npos ? *out : out->substr(at + kBegin.size());
  const auto first = stack.find_first_not_of("\n");
  return first == stack.npos ? say("ps.gdb_is_silent") : stack.substr(first);
}

}  // namespace weft::labs::trace
