// SPDX-License-Identifier: BSL-1.0
#include "labs/load/server_cpu.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace weft::labs::load {
namespace {

namespace fs = std::filesystem;
using lwp::os::Nanos;

// The kernel counts in ticks of this length in /proc, whatever its own are.
constexpr Nanos kTick = 10 * lwp::os::kMillisecond;

// Sockets that listen on the port, as /proc/PID/fd names them: "socket:[7]".
void add_listeners(const char* table, std::uint16_t port, std::set<std::string>& to) {
  std::ifstream lines(table);
  std::string line;
  std::getline(lines, line);  // the heads of its columns
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string slot, local, remote, state, skip, inode;
    words >> slot >> local >> remote >> state >> skip >> skip >> skip >> skip >> skip >> inode;
    unsigned at = 0;
    const auto colon = local.find(':');
    if (colon == local.npos || state != "0A") continue;
    std::from_chars(local.data() + colon + 1, local.data() + local.size(), at, 16);
    if (at == port) to.insert("socket:[" + inode + "]");
  }
}

bool holds_one_of(const fs::path& descriptors, const std::set<std::string>& sockets) {
  std::error_code error;
  for (fs::directory_iterator it(descriptors, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code gone;
    if (sockets.contains(fs::read_symlink(it->path(), gone).string())) return true;
  }
  return false;
}

Nanos used_by(int process) {
  std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  std::getline(stat, text);
  const auto name_end = text.rfind(')');  // a name may hold blanks
  if (name_end == text.npos) return 0;
  std::istringstream words(text.substr(name_end + 1));
  std::string skip;
  for (int field = 3; field < 14; ++field) words >> skip;
  Nanos user = 0, system = 0;
  words >> user >> system;
  return (user + system) * kTick;
}

}  // namespace

ServerCpu::ServerCpu(std::uint16_t port) {
  std::set<std::string> sockets;
  add_listeners("/proc/net/tcp", port, sockets);
  add_listeners("/proc/net/tcp6", port, sockets);
  if (sockets.empty()) return;
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename();
    int process = 0;
    auto [last, bad] = std::from_chars(name.data(), name.data() + name.size(), process);
    if (bad != std::errc() || last != name.data() + name.size()) continue;
    if (holds_one_of(it->path() / "fd", sockets)) processes_.push_back(process);
  }
}

Nanos ServerCpu::used() const {
  Nanos sum = 0;
  for (int p : processes_) sum += used_by(p);
  return sum;
}

}  // namespace weft::labs::load
