// SPDX-License-Identifier: BSL-1.0
// A lab: a folder under labs/exercises/, whose lab.json says what is in it. docs/labs.md describes
// the fields.
//
//   labs/exercises/warm-up/
//     lab.json README.md README.zh.md hints.md hints.zh.md
//     reader.cpp               what the student fills in
//     warm_up.hpp              given
//     checks/ solution/ wrong/ never copied to the student
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "labs/catalogue.hpp"

namespace weft::labs::lab {

/// The same in each language.
struct Text {
  std::string en, zh;
  const std::string& in(Language l) const { return l == Language::zh && !zh.empty() ? zh : en; }
};

/// One thing that must hold.
struct Check {
  enum class Kind {
    program,   ///< `file`, with the student's files, under every schedule there is within the bound
    workload,  ///< the student's `policy` schedules `workload` as `expected` says
    mutants,   ///< the student's tests pass with `reference` and fail with `need` of `mutants`
  } kind = Kind::program;
  std::string id;
  Text title;
  int weight = 1;
  bool optional = false;  ///< the lab is passed without it

  std::string file;               ///< of the lab
  bool with_all = true;           ///< it is built with all of the student's files
  std::vector<std::string> with;  ///< else with these
  std::string policy;             ///< a file of the student's, or a name, or ""
  int lwps = 1;
  int preemptions = 0;
  std::uint64_t iterations = 20'000;
  std::uint64_t steps = 20'000;
  std::string strategy = "dfs";
  bool leaks = false;   ///< memory that is not given back is a failure
  bool races = true;    ///< and so are races for the plain memory that the student's code touches
  bool faults = false;  ///< short reads, EINTR, wake-ups without a reason: as a preemption each
  /// The message for an outcome that no property names: "deadlock", "crash", … → an id.
  std::map<std::string, std::string> on;

  std::string workload, expected;
  std::string reference;
  std::vector<std::string> mutants;
  int need = 0;
};

/// What is said about a property that does not hold.
struct Message {
  Text broken;  ///< what is wrong
  Text rule;    ///< what ought to be, and why
  Text next;    ///< what to look at
};

/// Asked before the first check; never graded.
struct Question {
  std::string id;
  Text ask;
  std::string figure;  ///< of the measurement, shown beside the answer
};

struct Exercise {
  std::string name;
  std::filesystem::path folder;
  int order = 0, minutes = 0, difficulty = 1;
  Text title, chapter;
  std::vector<std::string> files;    ///< to be filled in
  std::vector<std::string> given;    ///< the lab's own headers, which are found by themselves
  std::vector<std::string> include;  ///< weft's headers that they may include, beside the lab's own
  std::vector<Question> predict;
  std::vector<Check> checks;
  std::map<std::string, Message> messages;
  std::string measure;         ///< a program of the lab, or a workload (.txt); "" if none
  std::string measure_policy;  ///< a file of the student's, for the workload
  int measure_lwps = 1;
  std::map<std::string, Text> figures;  ///< what the measured numbers are called

  int points() const;  ///< the sum of the weights
};

/// What is wrong with a lab's files, for its author.
struct BadLab {
  std::string message;
};
std::variant<Exercise, BadLab> load(const std::filesystem::path& folder);

/// Where they lie: WEFT_EXERCISES, else labs/exercises above this program or above where we are;
/// empty if nowhere.
std::filesystem::path exercises();
/// All that can be loaded, in their order.
std::vector<Exercise> all_exercises(std::string* why_not = nullptr);

/// A section of hints.md, 1–3; "" if there is none.
std::string hint(const Exercise& exercise, int level, Language language);

}  // namespace weft::labs::lab
