// SPDX-License-Identifier: BSL-1.0
#include "labs/sealed.hpp"

#include <random>

namespace weft::labs {

namespace fs = std::filesystem;
using nlohmann::json;

Letter::Letter(json question, bool confine, const std::vector<std::string>& hidden) {
  std::random_device random;
  seal_ = std::to_string(random()) + "-" + std::to_string(random());
  const fs::path folder = fs::temp_directory_path();
  // Neither name tells the seal.
  const std::string name = "weft-" + std::to_string(random()) + "-" + std::to_string(random());
  question_ = folder / (name + ".question.json");
  answer_ = folder / (name + ".answer.json");
  question["seal"] = seal_;
  question["result"] = answer_;
  question["confine"] = confine;
  question["hidden"] = hidden;
  std::ofstream out(question_);
  std::error_code none;
  fs::permissions(question_, fs::perms::owner_read | fs::perms::owner_write, none);
  out << question;
}

Letter::~Letter() {
  std::error_code none;
  fs::remove(question_, none);
  fs::remove(answer_, none);
}

Letter::Answer Letter::answer() const {
  Answer out;
  std::ifstream file(answer_);
  out.found = json::parse(file, nullptr, false);
  if (out.found.is_discarded()) {
    out.found = nullptr;
  } else if (!out.found.is_object() || !out.found.contains("seal") ||
             out.found.at("seal") != seal_) {
    out.found = nullptr;
    out.sealed = false;
  } else {
    out.found.erase("seal");
  }
  return out;
}

}  // namespace weft::labs
