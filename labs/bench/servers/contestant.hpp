// SPDX-License-Identifier: BSL-1.0
// A server that takes part: a process of its own on loopback, confined to one core. Of others the
// program is taken from the user's PATH, with a configuration in a temporary folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "labs/bench/bench.hpp"
#include "lwp/os.hpp"

namespace weft::labs::bench {

namespace os = lwp::os;

/// A folder with the files that are asked for, in files/, and with what the servers write. Removed
/// at the end.
class Premises {
 public:
  Premises();
  ~Premises();
  Premises(const Premises&) = delete;
  std::string path() const { return path_.string(); }
  std::string files() const { return (path_ / "files").string(); }
  /// Makes a file of so many bytes, if there is none yet; its name.
  std::string file(std::size_t bytes) const;
  /// What is in it.
  static std::string contents(std::size_t bytes);

 private:
  std::filesystem::path path_;
};

struct Running {
  os::Address address;
  os::Process process;  ///< killed with it
};
/// Both wait until it takes connections, and throw std::runtime_error with the reason if it does
/// not.
Running start_program(const std::vector<std::string>& argv, std::uint16_t port, int cpu);
Running start_fork(int (*serve)(int listener), int cpu);

/// `weft serve` with these arguments; the servers of others, whose files are those of the premises.
Running start_weft(const std::string& program, std::vector<std::string> arguments, int cpu);
Running start_peer(Engine engine, const Premises& premises, int cpu);

}  // namespace weft::labs::bench
