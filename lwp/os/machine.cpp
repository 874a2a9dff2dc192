// SPDX-License-Identifier: BSL-1.0
#include <fstream>
#include <sstream>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {

Nanos stolen_from(int cpu) {
  std::ifstream stat("/proc/stat");
  const std::string wanted = "cpu" + std::to_string(cpu);
  for (std::string line; std::getline(stat, line);) {
    std::istringstream fields(line);
    std::string name;
    fields >> name;
    if (name != wanted) continue;
    // user nice system idle iowait irq softirq steal, in ticks
    long long ticks = 0;
    for (int i = 0; i < 8 && fields >> ticks; ++i) {
    }
    return fields ? ticks * (kSecond / ::sysconf(_SC_CLK_TCK)) : 0;
  }
  return 0;
}

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (!line.starts_with("model name") && !line.starts_with("Model")) continue;
    auto colon = line.find(": ");
    if (colon != line.npos) return line.substr(colon + 2);
  }
  return {};
}

int terminal_columns(int fd) {
  if (!::isatty(fd)) return 0;
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace weft::lwp::os
