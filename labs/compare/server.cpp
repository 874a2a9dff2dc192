// SPDX-License-Identifier: BSL-1.0
#include "labs/compare/server.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <nlohmann/json.hpp>

#include "labs/compare/findings.hpp"

namespace weft::labs::compare {
namespace {

using namespace lwp::os;

// A healthy server answers at once; one on an overloaded machine when it gets its turn.
constexpr Nanos kPatience = 10 * kSecond;

std::string list(const std::vector<int>& cpus) {
  std::string out;
  for (int cpu : cpus) out += (out.empty() ? "" : ",") + std::to_string(cpu);
  return out;
}

}  // namespace

std::optional<Counters> parse_counters(const std::string& line) {
  auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object() || json.value("schema", "") != "weft.serve/1") return std::nullopt;
  Counters c;
  c.on_block = json.value("on_block", c.on_block);
  auto read = [&](const char* key, auto& into) { into = json.value(key, into); };
  read("lwps", c.lwps);
  read("stack_kb", c.stack_kb);
  read("requests", c.requests);
  read("errors", c.errors);
  read("blocking_reads", c.blocking_reads);
  read("ready_at_block", c.ready_at_block);
  read("switches", c.switches);
  read("rss_kb", c.rss_kb);
  read("remembered_bytes", c.remembered_bytes);
  read("states", c.states);
  read("now_ns", c.now);
  read("cpu_ns", c.cpu);
  read("idle_while_waiting_ns", c.idle_while_waiting);
  read("longest_idle_ns", c.longest_idle);
  read("blocked_while_ready_ns", c.blocked_while_ready);
  return c;
}

void add_window(Counted& sum, const Counters& before, const Counters& after, double scale) {
  auto seconds = [&](Nanos a, Nanos b) { return static_cast<double>(b - a) / 1e9 * scale; };
  sum.window_s += seconds(before.now, after.now);
  sum.cpu_s += seconds(before.cpu, after.cpu);
  sum.idle_while_waiting_s += seconds(before.idle_while_waiting, after.idle_while_waiting);
  sum.blocked_while_ready_s += seconds(before.blocked_while_ready, after.blocked_while_ready);
  sum.requests += after.requests - before.requests;
  sum.blocking_reads += after.blocking_reads - before.blocking_reads;
  sum.ready_at_block += after.ready_at_block - before.ready_at_block;
  sum.switches += after.switches - before.switches;
  // Of this window: each look at the counters begins it anew.
  sum.longest_idle_ms =
      std::max(sum.longest_idle_ms, static_cast<double>(after.longest_idle) / 1e6 * scale);
  // These are no sums: the last look stands.
  sum.rss_kb = after.rss_kb;
  sum.remembered_bytes = after.remembered_bytes;
  sum.states = after.states;
  sum.stack_kb = after.stack_kb;
}

std::vector<std::string> serve_arguments(const RowSpec& spec, const Setup& setup,
                                         const std::string& root, const std::vector<int>& cpus,
                                         const std::vector<int>& disk_cpus) {
  const auto& network = setup.network;
  std::vector<std::string> out = {"serve",
                                  "--service",
                                  "file",
                                  "--root",
                                  root,
                                  "--port",
                                  "0",
                                  "--model",
                                  spec.model,
                                  "--cpu-per-request",
                                  number(network.cpu_ms / setup.scale, 4),
                                  "--disk",
                                  "slow:" + number(network.disk_ms / setup.scale, 4) +
                                      ",heads=" + std::to_string(spec.heads) + ",hot=/hot/"};
  auto add = [&](const char* flag, std::string value) {
    out.emplace_back(flag);
    out.push_back(std::move(value));
  };
  if (spec.mapping) {
    add("--mapping", std::string(fibers::name(*spec.mapping)));
    add("--engine", std::string(fibers::name(spec.engine)));
    add("--workers", std::to_string(spec.workers));
    // The kernel schedules threads of one-to-one: serve refuses the flag there.
    if (spec.mapping != fibers::Mapping::one_to_one)
      add("--on-block", std::string(fibers::name(spec.on_block)));
    if (spec.mapping == fibers::Mapping::many_to_many) add("--lwps", std::to_string(spec.lwps));
  }
  if (!cpus.empty()) add("--cpus", list(cpus));
  if (!disk_cpus.empty()) add("--disk-cpus", list(disk_cpus));
  return out;
}

std::optional<ServerProcess> ServerProcess::start(const std::string& program,
                                                  const std::vector<std::string>& arguments,
                                                  const std::vector<int>& all_cpus) {
  std::vector<std::string> argv = {program};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  auto process = spawn_process(argv, all_cpus);
  if (!process) return std::nullopt;
  ServerProcess server;
  server.process_ = std::move(*process);
  auto line = server.read_line(now() + kPatience);
  constexpr std::string_view kListening = "listening on 127.0.0.1:";
  if (!line || !line->starts_with(kListening)) return std::nullopt;
  auto port = std::string_view(*line).substr(kListening.size());
  std::from_chars(port.data(), port.data() + port.size(), server.address_.port);
  return server;
}

void ServerProcess::window_begins() {
  ends_ = {};
  ask_counters();
}

void ServerProcess::window_ends() {
  ends_.before = counters();
  ask_counters();
}

ServerProcess::Ends ServerProcess::ends() {
  ends_.after = counters();
  return ends_;
}

void ServerProcess::ask_counters() {
  process_.signal(SIGUSR1);
}

std::optional<Counters> ServerProcess::counters() {
  auto line = read_line(now() + kPatience);
  return line ? parse_counters(*line) : std::nullopt;
}

std::optional<Counters> ServerProcess::look(Nanos patience) {
  ask_counters();
  auto line = read_line(now() + patience);
  return line ? parse_counters(*line) : std::nullopt;
}

bool ServerProcess::runs() {
  return !process_.wait(now());
}

std::string ServerProcess::fate(const Say& say) {
  auto exit = process_.wait(now() + 100 * kMillisecond);
  if (!exit) return say("compare.server_silent");
  auto code = std::to_string(exit->signaled ? exit->code - 128 : exit->code);
  if (exit->signaled) return say("compare.server_killed", {{"code", code}});
  return say("compare.server_ended", {{"code", code}});
}

void ServerProcess::stop() {
  process_.signal(SIGTERM);
  (void)process_.wait(now() + 2 * kSecond);
  process_ = {};  // kills it if it still runs
}

std::optional<std::string> ServerProcess::read_line(Nanos deadline) {
  while (true) {
    if (auto end = unread_.find('\n'); end != unread_.npos) {
      std::string line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    if (!wait_ready(process_.out(), kReadable, deadline)) return std::nullopt;
    std::array<std::byte, 4096> buffer;
    auto n = read(process_.out(), buffer);
    if (!n || *n == 0) return std::nullopt;
    unread_.append(reinterpret_cast<const char*>(buffer.data()), *n);
  }
}

}  // namespace weft::labs::compare
