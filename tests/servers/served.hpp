// SPDX-License-Identifier: BSL-1.0
// `weft serve` as a process.
#pragma once

#include <algorithm>

#include "tests/servers/live.hpp"

namespace weft::tests {

/// What is typed to have a server run like that.
inline std::vector<std::string> flags_of(const Setup& s, std::vector<std::string> more = {}) {
  std::vector<std::string> flags = {"--model", s.model};
  if (s.model == "dispatcher-worker") {
    flags.insert(flags.end(),
                 {"--mapping", std::string(name(s.mapping)), "--engine",
                  std::string(name(s.engine)), "--workers", std::to_string(s.workers)});
  }
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

class Served {
 public:
  enum class Hears { output, errors_too };
  /// `argv` is what runs the command, if it is not to be run as it is.
  Served(const std::string& root, std::vector<std::string> flags, Hears hears = Hears::output,
         std::vector<std::string> argv = {}) {
    if (hears == Hears::errors_too) argv = {"/bin/sh", "-c", "exec \"$@\" 2>&1", "sh"};
    argv.insert(argv.end(), {WEFT_PROGRAM, "serve", "--root", root});
    if (std::ranges::find(flags, "--port") == flags.end()) argv.insert(argv.end(), {"--port", "0"});
    argv.insert(argv.end(), flags.begin(), flags.end());
    process_ = std::move(os::spawn_process(argv).value());
    std::string said = line();
    auto colon = said.rfind(':');
    if (!said.starts_with("listening on 127.0.0.1:")) throw std::runtime_error("said: " + said);
    port_ = static_cast<std::uint16_t>(std::stoi(said.substr(colon + 1)));
  }
  std::uint16_t port() const { return port_; }
  os::Process& process() { return process_; }
  /// The next line of its output; empty at the end, or when none comes for so long.
  std::string line(os::Nanos patience = Client::kPatience) {
    std::size_t end;
    while ((end = buffer_.find('\n')) == std::string::npos) {
      std::array<std::byte, 4096> bytes;
      if (!os::wait_ready(process_.out(), os::kReadable, os::now() + patience)) return {};
      auto got = os::read(process_.out(), bytes);
      if (!got || *got == 0) return {};
      buffer_.append(reinterpret_cast<const char*>(bytes.data()), *got);
    }
    std::string out = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    return out;
  }
  int exit_code() {
    auto exit = process_.wait(os::now() + Client::kPatience);
    return exit ? exit->code : -1;
  }

 private:
  os::Process process_;
  std::uint16_t port_ = 0;
  std::string buffer_;
};

}  // namespace weft::tests
