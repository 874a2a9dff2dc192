// SPDX-License-Identifier: BSL-1.0
#include "labs/teach/apart.hpp"

#include <fstream>
#include <stdexcept>

#include "labs/teach/submissions.hpp"
#include "labs/toolchain.hpp"
#include "lwp/os.hpp"

namespace weft::labs::teach {

namespace fs = std::filesystem;
namespace os = lwp::os;
using nlohmann::ordered_json;

std::vector<ordered_json> each_apart(std::size_t count, int jobs,
                                     const std::function<ordered_json(std::size_t)>& work,
                                     const std::function<void(std::size_t)>& done) {
  constexpr os::Nanos kLook = 20 * os::kMillisecond;
  struct Running {
    std::size_t n;
    fs::path result;
    os::Process process;
  };
  Scratch scratch;
  std::vector<ordered_json> results(count);
  std::vector<Running> running;
  for (std::size_t next = 0, finished = 0; finished < count;) {
    while (next < count && running.size() < static_cast<std::size_t>(jobs)) {
      const fs::path result = scratch.folder() / "result.json";
      auto child = os::fork_process([&] {
        std::ofstream(result) << work(next).dump(-1, ' ', false,
                                                 ordered_json::error_handler_t::replace)
                              << std::flush;
        return 0;
      });
      if (!child) throw std::runtime_error("no process to grade in");
      running.push_back({next++, result, std::move(*child)});
    }
    for (std::size_t i = 0; i < running.size();) {
      if (!running[i].process.wait(os::now() + kLook / static_cast<long>(running.size()))) {
        ++i;
        continue;
      }
      auto got = ordered_json::parse(contents(running[i].result).value_or(""), nullptr, false);
      if (!got.is_discarded()) results[running[i].n] = std::move(got);
      running.erase(running.begin() + static_cast<long>(i));
      done(++finished);
    }
  }
  return results;
}

int default_jobs() {
  return static_cast<int>(os::allowed_cpus().size());
}

}  // namespace weft::labs::teach
