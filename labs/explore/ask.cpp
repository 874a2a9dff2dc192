// SPDX-License-Identifier: BSL-1.0
#include "labs/explore/ask.hpp"

#include <fstream>
#include <random>

#include "labs/compile.hpp"
#include "lwp/os.hpp"

namespace weft::labs::explore {

namespace fs = std::filesystem;
namespace os = lwp::os;
using nlohmann::json;

json question(const std::string& library) {
  return {{"library", library},
          {"policy_library", ""},
          {"policy", "fifo"},
          {"lwps", 2},
          {"strategy", "dfs"},
          {"preemptions", 2},
          {"depth", 3},
          {"seed", 1},
          {"iterations", 10'000'000},
          {"steps", 20'000},
          {"faults", false},
          {"leaks", true},
          {"inside", false},
          {"time_limit", 60'000'000'000}};
}

fs::path runner() {
  return fs::path(os::own_program()).parent_path() / "weft-explorer";
}

Answer ask(json question, const Fence* fence) {
  std::random_device random;
  const std::string seal = std::to_string(random()) + "-" + std::to_string(random());
  const fs::path result = fs::temp_directory_path() / ("weft-explore-" + seal + ".json");
  question["result"] = result.string();
  question["seal"] = seal;
  // It ends by itself; the rest is for shrinking, and for one that does not come to a point.
  const long long patience = question.at("time_limit").get<long long>() * 2 + 60 * os::kSecond;
  std::vector<std::string> command = {runner().string(), question.dump()};
  if (fence != nullptr) command = fenced(command, *fence);
  Answer answer;
  answer.code = run_command(std::move(command), patience).code;
  std::ifstream file(result);
  answer.found = json::parse(file, nullptr, false);
  std::error_code error;
  fs::remove(result, error);
  if (answer.found.is_discarded()) {
    answer.found = nullptr;
  } else if (!answer.found.is_object() || answer.found.value("seal", "") != seal) {
    answer.found = nullptr;
    answer.sealed = false;
  } else {
    answer.found.erase("seal");
  }
  return answer;
}

}  // namespace weft::labs::explore
