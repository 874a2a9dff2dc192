// SPDX-License-Identifier: BSL-1.0
// The processes of a layout, as a test sees them.
#pragma once

#include <csignal>
#include <cstdlib>
#include <set>

#include "tests/servers/served.hpp"

namespace weft::tests {

inline constexpr os::Nanos kPatience = 20 * os::kSecond;

// Until `good`, looking often; false after a long time.
template <class Good>
bool comes_true(Good&& good) {
  for (const os::Nanos end = os::now() + kPatience; os::now() < end;) {
    if (good()) return true;
    os::sleep_until(os::now() + 5 * os::kMillisecond);
  }
  return false;
}

inline bool lives(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

inline pid_t pid_in(const std::string& counters) {
  const auto at = counters.find("\"pid\":");
  return at == counters.npos ? 0 : std::atoi(counters.c_str() + at + 6);
}

// The processes that serve, by what each tells of itself.
inline std::set<pid_t> processes_of(Served& served, std::size_t count) {
  std::set<pid_t> out;
  served.process().signal(SIGUSR1);
  for (std::size_t i = 0; i < count; ++i) out.insert(pid_in(served.line()));
  return out;
}

}  // namespace weft::tests
