// SPDX-License-Identifier: BSL-1.0
#include "labs/explore/ask.hpp"

#include "labs/compile.hpp"
#include "labs/sealed.hpp"
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
          {"races", true},
          {"inside", false},
          {"time_limit", 60'000'000'000}};
}

fs::path runner() {
  return fs::path(os::own_program()).parent_path() / "weft-explorer";
}

Answer ask(json question, const Fence* fence, const std::vector<std::string>& hidden) {
  // It ends by itself; the rest is for shrinking, and for one that does not come to a point.
  const long long patience = question.at("time_limit").get<long long>() * 2 + 60 * os::kSecond;
  const Letter letter(std::move(question), fence != nullptr && can_isolate(), hidden);
  std::vector<std::string> command = {runner().string(), letter.path()};
  if (fence != nullptr) command = fenced(command, *fence);
  Answer answer;
  answer.code = run_command(std::move(command), patience).code;
  auto [found, sealed] = letter.answer();
  answer.found = std::move(found);
  answer.sealed = sealed;
  return answer;
}

}  // namespace weft::labs::explore
