// SPDX-License-Identifier: BSL-1.0
#include "labs/lab/mine.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "labs/output_file.hpp"
#include "labs/toolchain.hpp"

namespace weft::labs::lab {

namespace fs = std::filesystem;
using nlohmann::json;

Mine::Mine() : root_(source_root() / "labs/mine") {
  if (const char* elsewhere = std::getenv("WEFT_MINE")) root_ = elsewhere;
  std::ifstream in(root_ / "state.json");
  state_ = json::parse(in, nullptr, false);
  if (!state_.is_object()) state_ = json::object();
}

bool Mine::has(const std::string& lab) const {
  std::error_code none;
  return fs::is_directory(folder(lab), none);
}

bool Mine::start(const Exercise& exercise, std::string& why) {
  const fs::path to = folder(exercise.name);
  std::error_code error;
  fs::create_directories(to, error);
  for (const auto& entry : fs::directory_iterator(exercise.folder, error)) {
    const std::string name = entry.path().filename();
    const bool given = name.ends_with(".hpp") || name.starts_with("README");
    const bool to_fill = std::ranges::count(exercise.files, name) > 0;
    if (!entry.is_regular_file() || !(given || to_fill)) continue;
    if (fs::exists(to / name, error)) continue;
    fs::copy_file(entry.path(), to / name, error);
    if (error) break;
  }
  if (error) {
    why = error.message();
    return false;
  }
  set_current(exercise.name);
  return true;
}

std::optional<std::string> Mine::reset(const Exercise& exercise, std::string& why) {
  std::error_code error;
  std::string kept;
  for (int i = 1; kept.empty(); ++i) {
    const std::string name = exercise.name + ".old-" + std::to_string(i);
    if (!fs::exists(root_ / name, error)) kept = name;
  }
  fs::rename(folder(exercise.name), root_ / kept, error);
  if (error) {
    why = error.message();
    return std::nullopt;
  }
  if (!start(exercise, why)) return std::nullopt;
  return kept;
}

void Mine::set_current(const std::string& lab) {
  state_["current"] = lab;
  save();
}

bool Mine::passed(const std::string& lab) const {
  return state_.contains("passed") && state_.at("passed").contains(lab);
}
void Mine::set_passed(const std::string& lab) {
  state_["passed"][lab] = true;
  save();
}

std::map<std::string, Prediction> Mine::predictions(const std::string& lab) const {
  std::map<std::string, Prediction> out;
  if (!state_.contains("predictions") || !state_.at("predictions").contains(lab)) return out;
  for (const auto& [question, p] : state_.at("predictions").at(lab).items()) {
    out[question] = {p.value("answer", ""), p.value("reason", "")};
  }
  return out;
}

void Mine::predict(const std::string& lab, const std::string& question,
                   const Prediction& prediction) {
  state_["predictions"][lab][question] = {{"answer", prediction.answer},
                                          {"reason", prediction.reason}};
  save();
}

void Mine::keep(const Simulated& one) {
  json& all = state_["simulated"];
  if (!all.is_array()) all = json::array();
  all.push_back({{"workload", one.workload},
                 {"policy", one.policy},
                 {"variant", one.variant},
                 {"predicted", one.predicted},
                 {"measured", one.measured},
                 {"right", one.right}});
  save();
}
std::pair<std::size_t, std::size_t> Mine::kept() const {
  const auto all = state_.find("simulated");
  if (all == state_.end() || !all->is_array()) return {0, 0};
  const auto right = std::ranges::count_if(
      *all, [](const json& p) { return p.is_object() && p.value("right", false); });
  return {all->size(), static_cast<std::size_t>(right)};
}

void Mine::save() const {
  std::error_code none;
  fs::create_directories(root_, none);
  (void)write_output((root_ / "state.json").string(),
                     state_.dump(1, ' ', false, json::error_handler_t::replace) + "\n");
}

}  // namespace weft::labs::lab
