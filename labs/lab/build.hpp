// SPDX-License-Identifier: BSL-1.0
// From a student's files and a check of the lab to a library that weft-explorer can run. Objects
// are kept by what they were made from, so a check compiles once, and a student's file once for all
// checks.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "labs/lab/exercise.hpp"

namespace weft::labs::lab {

/// Name to content, as the student has handed them in.
using Files = std::map<std::string, std::string>;

/// What came of compiling. Of `library` and `failed` one is "".
struct Built {
  std::string library;
  std::string source;  ///< a hash of the texts, the same on every machine
  std::string failed;  ///< does_not_compile, does_not_link, not_given, own_symbol, calls, grader
  std::string words;   ///< the compiler's first error, or the name that is not allowed
};

class Builder {
 public:
  explicit Builder(const Exercise& exercise);
  ~Builder();  // takes the texts away that were written for the compiler
  Builder(const Builder&) = delete;

  /// The simulated world, or the real one.
  enum class World { simulated, real };
  /// `own` of the lab's, "" for none, with `theirs`, of which headers are only there to be
  /// included.
  Built build(const std::string& own, const Files& theirs, World world = World::simulated);

 private:
  struct Object {
    std::string path, hash;
    Built problem;
  };
  Object compile(const std::filesystem::path& source, const std::string& shown, bool trusted);
  Built refused(const std::string& object, const std::string& tree) const;
  std::vector<std::string> flags() const;

  const Exercise& exercise_;
  std::filesystem::path root_, cache_, work_;
  std::string compiler_, basis_;  // its program; a hash of what every object is made from
  std::string headers_;           // of theirs, all in one
  World world_ = World::simulated;
  std::map<std::string, Object> objects_;
};

/// Bytes that a student's file may have.
inline constexpr std::size_t kLargestFile = 256 * 1024;

/// The path by which debug information knows a file of the lab's or of the student's.
std::string shown_path(const std::string& file);

}  // namespace weft::labs::lab
