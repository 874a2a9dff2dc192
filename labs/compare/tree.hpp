// SPDX-License-Identifier: BSL-1.0
// The files that the servers of a comparison serve: a scratch folder with hot/ and cold/, which
// hold the same files under the same names, so that a cold request differs in the disk and in
// nothing else. Removed at the end, also when the run is interrupted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weft::labs::compare {

class Tree {
 public:
  /// Up to 60 regular files of at most 1 MiB from below `root` (links where the file system allows,
  /// else copies), or 30 pages of our own if `root` is empty. Nothing if no file could be had;
  /// `error` says why, untranslated.
  static std::optional<Tree> make(const std::string& root, std::uint64_t seed, std::string& error);
  Tree(Tree&& other) noexcept;
  Tree& operator=(Tree&&) = delete;
  ~Tree();

  const std::string& path() const { return path_; }
  /// Names within hot/ and cold/.
  const std::vector<std::string>& files() const { return files_; }

 private:
  Tree() = default;
  std::string path_;
  std::vector<std::string> files_;
};

}  // namespace weft::labs::compare
