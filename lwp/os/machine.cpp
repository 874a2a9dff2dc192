// SPDX-License-Identifier: BSL-1.0
#include <fstream>
#include <sstream>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {

CpuTimes cpu_times(int cpu) {
  std::ifstream stat("/proc/stat");
  const std::string wanted = "cpu" + std::to_string(cpu);
  const Nanos tick = kSecond / ::sysconf(_SC_CLK_TCK);
  for (std::string line; std::getline(stat, line);) {
    std::istringstream fields(line);
    std::string name;
    Nanos user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
    fields >> name >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
    if (name != wanted) continue;
    return {(user + nice + system + irq + softirq) * tick, steal * tick};
  }
  return {};
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
