// SPDX-License-Identifier: BSL-1.0
#include "labs/serve/page.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>

#include "labs/commands.hpp"
#include "labs/dashboard/lecture.hpp"
#include "labs/exit.hpp"
#include "labs/trace/start.hpp"

namespace weft::labs {
namespace {

namespace os = lwp::os;

// What was typed, for the server's own process; without what the page's controls change.
std::vector<std::string> typed_again(const CLI::App& sub, const std::vector<std::string>& without) {
  std::vector<std::string> out = {"serve"};
  for (const auto* option : sub.get_options()) {
    if (option->count() == 0 || option->get_name() == "--dashboard") continue;
    if (std::find(without.begin(), without.end(), option->get_name()) != without.end()) continue;
    out.push_back(option->get_name());
    if (option->get_expected_max() == 0) continue;
    for (const auto& value : option->results()) {
      if (!value.empty()) out.push_back(value);
    }
  }
  return out;
}

}  // namespace

int serve_on_page(const ServeFlags& f, const CLI::App& sub, const Terminal& terminal) {
  const Say& say = terminal.say;
  if (!f.trace.empty()) return refuse(terminal, "serve", {say("run.one_of_both")});
  os::ignore_signals(std::array{SIGPIPE});
  constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};
  auto signals = os::signal_fd(kSignals);  // before any thread or process is made
  if (!signals) {
    return refuse(terminal, "serve", {"the kernel gives no signal descriptor", kMachineLacks});
  }
  const dashboard::Flight flight;
  if (auto why = trace::start(flight.file(), false, say)) return refuse(terminal, "serve", *why);
  os::set_environment("WEFT_TRACE", dashboard::flight_of(flight.file()));

  dashboard::Lecture::Setup setup;
  setup.fibers = f.model == "dispatcher-worker";
  const bool slow = f.disk.starts_with("slow:");
  setup.options = {{"--disk", f.disk + (slow && f.heads_given ? ",heads=" + std::to_string(f.heads)
                                                              : std::string())},
                   {"--port", std::to_string(f.port)}};
  if (setup.fibers) {
    setup.options.insert({{"--mapping", f.mapping},
                          {"--lwps", std::to_string(f.lwps)},
                          {"--workers", std::to_string(f.workers)},
                          {"--policy", f.policy},
                          {"--on-block", f.on_block}});
    for (const char* typed : {"--seed", "--max-lwps", "--preempt"}) {
      if (sub.count(typed) > 0) setup.options[typed] = sub.get_option(typed)->as<std::string>();
    }
  }
  std::vector<std::string> changed;
  if (slow) changed.emplace_back("--heads");  // which is part of the disk now
  for (const auto& [option, value] : setup.options) changed.push_back(option);
  setup.arguments = typed_again(sub, changed);
  if (f.service == "file") setup.root = f.root;
  setup.file = flight.file();
  auto lecture = dashboard::Lecture::start(setup, say);
  if (!lecture) return kMachineLacks;  // the server has said why
  const int port = lecture->port();    // before the page can start the server anew
  auto page = dashboard::Dashboard::open({.file = flight.file(),
                                          .title = "weft serve, " + f.service,
                                          .controls = lecture.get(),
                                          .port = static_cast<std::uint16_t>(f.dashboard)},
                                         say);
  if (auto* why = std::get_if<Refusal>(&page)) return refuse(terminal, "serve", *why);
  std::printf("listening on %s:%d\n%s\n", f.bind.c_str(), port,
              terminal.shown(say("dashboard.at", {{"url", std::get<0>(page)->url()}})).c_str());
  std::fflush(stdout);
  while (!os::wait_ready(signals->get(), os::kReadable, os::now() + os::kSecond)) {
  }
  return kDone;
}

}  // namespace weft::labs
