// SPDX-License-Identifier: BSL-1.0
// What students have handed in, as learning platforms deliver it:
//
//   Moodle       Ana Silva_1234_assignsubmission_file_/warm-up.zip     (a folder each, or no zip)
//   Canvas       silvaana_late_1234_5678_warm-up-1.zip, or …_reader.cpp (a file or several each)
//   Gradescope   submission_1234/ beside submission_metadata.yml
//   anything     a folder or an archive for each student, or the files themselves
//
// Archives are unpacked by bsdtar, which writes nowhere else than where it is told to.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "labs/lab/build.hpp"

namespace weft::labs::teach {

struct Submission {
  std::string student;               ///< as the platform names them; with a number if two are alike
  std::string source;                ///< the path that it came from
  lab::Files files;                  ///< those of the lab's that were found
  std::string predictions;           ///< handin.json, if there is one
  std::vector<std::string> remarks;  ///< "two files reader.cpp: took a/reader.cpp"
};

/// A folder that goes when it does.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }
  /// A new one inside.
  std::filesystem::path folder();

 private:
  std::filesystem::path path_;
  int count_ = 0;
};

/// Sorted by student. `one`: a folder that may be one student's is. What is no submission is named
/// in `left_out`. Throws std::runtime_error if a path is not there or an archive cannot be read.
std::vector<Submission> find_submissions(const std::vector<std::string>& paths,
                                         const lab::Exercise& exercise, Scratch& scratch, bool one,
                                         std::vector<std::string>& left_out);

}  // namespace weft::labs::teach
