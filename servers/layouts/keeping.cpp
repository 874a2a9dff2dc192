// SPDX-License-Identifier: BSL-1.0
#include "servers/layouts/keeping.hpp"

#include <array>
#include <csignal>
#include <exception>
#include <system_error>

namespace weft::servers {
namespace {

[[noreturn]] void give_up(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

}  // namespace

os::Fd take_keepers_signals() {
  auto signals = os::signal_fd(std::array{SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGQUIT, SIGCHLD});
  if (!signals) give_up(signals.error(), "signalfd");
  return std::move(*signals);
}

void look_at(os::Poller& poller, os::Fd& fd) {
  auto added = poller.add(fd.get(), os::kReadable, os::Poller::Trigger::level, &fd);
  if (!added) give_up(added.error(), "epoll_ctl");
}

lwp::Result<os::Process> begin_process(const std::function<int()>& body,
                                       const std::function<void(const std::string&)>& say) {
  return os::fork_process(
      [&] {
        os::unblock_signals(std::array{SIGQUIT, SIGCHLD, SIGHUP});
        os::ignore_signals(std::array{SIGHUP});
        try {  // never back into what the keeper was doing
          return body();
        } catch (const std::exception& error) {
          say(error.what());
          return 1;
        }
      },
      {}, SIGTERM);
}

std::string how(const os::Exit& exit) {
  if (!exit.signaled) return "ended with exit code " + std::to_string(exit.code);
  const int signal = exit.code - 128;
  return "was ended by signal " + std::to_string(signal) + " (" + os::signal_name(signal) + ")";
}

std::string spoken(os::Nanos time) {
  const os::Nanos ms = time / os::kMillisecond;
  std::string text = std::to_string(ms / 1000);
  if (ms % 1000 > 0) {
    text += "." + std::to_string(1000 + ms % 1000).substr(1);
    while (text.back() == '0') text.pop_back();
  }
  return text + " s";
}

}  // namespace weft::servers
