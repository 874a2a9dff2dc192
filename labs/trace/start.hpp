// SPDX-License-Identifier: BSL-1.0
// --trace FILE: what this program and its children do is recorded there.
#pragma once

#include <optional>
#include <string>

#include "labs/commands.hpp"

namespace CLI {
class App;
}

namespace weft::labs::trace {

/// Adds --trace FILE.
void add_option(CLI::App& sub, std::string& file, const Say& say);
/// Empties the file, and has every runtime that begins from now on, here and in child processes,
/// record there. Does nothing for "". Why it cannot, or nothing.
std::optional<Refusal> start(const std::string& file, bool flight, const Say& say);
/// What a recording's file holds stays, under another name, until something new is in it; if
/// nothing is by the end, it is as it was.
class Kept {
 public:
  explicit Kept(const std::string& file);
  ~Kept();
  Kept(const Kept&) = delete;
  /// There was something, and nothing new has come.
  bool is_needed() const;

 private:
  const std::string file_, aside_;
  bool held_ = false;
};
/// What to say after a run: where it is recorded, and how to see it. "" for "".
std::string recorded(const std::string& file, const Say& say);
/// Whether anything has been recorded there.
bool has_events(const std::string& file);

}  // namespace weft::labs::trace
