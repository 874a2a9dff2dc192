// SPDX-License-Identifier: BSL-1.0
// Runs a helper program of tests/programs and listens to all it says.
#pragma once

#include <array>
#include <string>

#include "lwp/os.hpp"
#include "tests/catch.hpp"

namespace weft::testing {

namespace os = lwp::os;

class Child {
 public:
  /// `name` is tests/programs/<name>_program.cpp; `prelude` is shell text before it, such as
  /// "X=1 " or "ulimit …; exec ".
  Child(const std::string& name, const std::string& arguments, const std::string& prelude = "") {
    std::string self = os::own_program();
    std::string folder = self.substr(0, self.rfind('/'));
    std::string command = "ulimit -c 0; exec 2>&1; " + (prelude.empty() ? "exec " : prelude) + "'" +
                          folder + "/program_" + name + "' " + arguments;
    process_ = std::move(os::spawn_process({"/bin/sh", "-c", command})).value();
  }

  /// Reads on until `text` has come since the last call of forget(); false at the deadline or end.
  bool says(const std::string& text, os::Nanos patience = 10 * os::kSecond) {
    os::Nanos deadline = os::now() + patience;
    while (output_.find(text) == std::string::npos) {
      if (!os::wait_ready(process_.out(), os::kReadable, deadline) || !read_some()) return false;
    }
    return true;
  }
  void forget() { output_.clear(); }
  const std::string& output() const { return output_; }
  void signal(int number) { process_.signal(number); }

  /// Reads to the end and waits for it: its exit code, 128 + signal, or -1 if it does not end.
  int end(os::Nanos patience = 20 * os::kSecond) {
    os::Nanos deadline = os::now() + patience;
    while (os::wait_ready(process_.out(), os::kReadable, deadline) && read_some()) {
    }
    auto exit = process_.wait(deadline);
    return exit ? exit->code : -1;
  }

 private:
  bool read_some() {
    std::array<std::byte, 4096> buffer;
    auto n = os::read(process_.out(), buffer);
    if (!n || *n == 0) return false;
    output_.append(reinterpret_cast<char*>(buffer.data()), *n);
    return true;
  }

  os::Process process_;
  std::string output_;
};

}  // namespace weft::testing
