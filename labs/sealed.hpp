// SPDX-License-Identifier: BSL-1.0
// A question to a program that runs code nobody has read, and its answer. Both are files. The
// program reads and removes the question, opens the answer, and lets itself be confined, all before
// it loads that code: then nothing shows where the answer goes, and by which seal it is known.
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "lwp/os.hpp"

namespace weft::labs {

/// In the program that is asked.
class Asked {
 public:
  /// Throws std::runtime_error if there is no question.
  explicit Asked(const std::string& letter) {
    {
      std::ifstream in(letter);
      question_ = nlohmann::json::parse(in, nullptr, false);
    }
    std::error_code none;
    std::filesystem::remove(letter, none);
    if (!question_.is_object()) throw std::runtime_error("there is no question in " + letter);
    seal_ = question_.at("seal");
    answer_.open(question_.at("result").get<std::string>());
    question_.erase("seal");
    question_.erase("result");
    if (question_.value("confine", false))
      lwp::os::confine(question_.at("hidden").get<std::vector<std::string>>());
  }
  const nlohmann::json& question() const { return question_; }
  /// Once.
  template <class Json>
  void answer(Json answer) {
    answer["seal"] = seal_;
    answer_ << answer.dump(-1, ' ', false, Json::error_handler_t::replace) << std::flush;
  }

 private:
  nlohmann::json question_;
  std::string seal_;
  std::ofstream answer_;
};

/// In the program that asks.
class Letter {
 public:
  /// `confine`: the program lets itself be confined, and sees nothing of those folders.
  Letter(nlohmann::json question, bool confine, const std::vector<std::string>& hidden);
  ~Letter();
  Letter(const Letter&) = delete;
  const std::string& path() const { return question_; }

  struct Answer {
    nlohmann::json found;  ///< null if there is none, or none with our seal
    bool sealed = true;    ///< false: there is an answer, but somebody else's
  };
  Answer answer() const;

 private:
  std::string question_, answer_, seal_;
};

}  // namespace weft::labs
