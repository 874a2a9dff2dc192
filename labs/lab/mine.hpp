// SPDX-License-Identifier: BSL-1.0
// What a student has: labs/mine, which git ignores (or WEFT_MINE). A folder a lab, and state.json:
// which lab is the current one, which are passed, and what was predicted, there and of workloads.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "labs/lab/exercise.hpp"

namespace weft::labs::lab {

struct Prediction {
  std::string answer, reason;
};

class Mine {
 public:
  Mine();

  std::filesystem::path folder(const std::string& lab) const { return root_ / lab; }
  bool has(const std::string& lab) const;

  /// Copies what the student needs. False, and why, if it cannot be written. What is there stays.
  bool start(const Exercise& exercise, std::string& why);
  /// Starts anew; the old folder is kept beside it, under the name returned.
  std::optional<std::string> reset(const Exercise& exercise, std::string& why);

  std::string current() const { return state_.value("current", ""); }
  void set_current(const std::string& lab);
  bool passed(const std::string& lab) const;
  void set_passed(const std::string& lab);
  std::map<std::string, Prediction> predictions(const std::string& lab) const;
  void predict(const std::string& lab, const std::string& question, const Prediction& prediction);

  /// A workload's figure: what was said of it, what it was, and whether that counts as right.
  struct Simulated {
    std::string workload, policy;
    std::uint64_t variant;
    double predicted, measured;
    bool right;
  };
  void keep(const Simulated& one);
  /// How many were kept, and how many of them were right.
  std::pair<std::size_t, std::size_t> kept() const;

 private:
  void save() const;

  std::filesystem::path root_;
  nlohmann::json state_;
};

}  // namespace weft::labs::lab
