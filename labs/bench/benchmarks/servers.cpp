// SPDX-License-Identifier: BSL-1.0
// Our servers against others, each on one core, the clients on another: requests that a second of
// the server's core answers, and the 99th percentile of the latency at half of what the peer can.
//
// The figure is per second of CPU time that the server used: on a core of its own that is requests
// a second, and on a machine that others use, too, they are left out. It means something only while
// the server was what everybody waited for: its row is no measurement if the server left part of
// its core idle.
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>

#include "labs/bench/servers/clients.hpp"
#include "labs/bench/servers/contestant.hpp"
#include "labs/bench/servers/echo_peers.hpp"
#include "lwp/os/process_clock.hpp"

namespace weft::labs::bench {
namespace {

constexpr double kBusy = 0.95;  // of the server's core at least, of the client's less

struct Workload {
  std::string name;
  bool file;
  int connections;
  std::size_t bytes;
  Engine peer;
  double at_least;  // of the peer's rate
};
const Workload kEcho64{"echo-64", false, 64, 64, Engine::epoll, 0.97};
const Workload kEcho1000{"echo-1000", false, 1000, 64, Engine::epoll, 0.95};
const Workload kFile4K{"file-4K", true, 64, 4096, Engine::lighttpd, 1.05};
const Workload kFile1M{"file-1M", true, 64, 1 << 20, Engine::lighttpd, 1.0};

struct Contestant {
  std::string name;  // "" for those known by their engine alone
  Engine engine;
  std::optional<fibers::Mapping> mapping{};
  std::vector<std::string> arguments{};  // of weft serve
  // The others have a lesson to teach instead: what a request pays that changes hands or blocks.
  bool has_target() const { return name == "+fibers" || name == "+fsm"; }
  std::string id() const { return std::string(bench::name(engine)) + name; }
};
std::vector<Contestant> ours() {
  constexpr auto kManyToOne = fibers::Mapping::many_to_one;
  const std::vector<std::string> workers{"--model", "dispatcher-worker", "--mapping",
                                         "many-to-one"};
  std::vector<std::string> fibers = workers;
  fibers.insert(fibers.end(), {"--workers", "0"});
  return {{"+single", Engine::weft, {}, {"--model", "single-threaded"}},
          {"+workers", Engine::weft, kManyToOne, workers},
          {"+fibers", Engine::weft, kManyToOne, fibers},
          {"+fsm", Engine::weft, {}, {"--model", "fsm"}}};
}
std::vector<Contestant> contestants(const Workload& workload) {
  auto all = workload.file
                 ? std::vector<Contestant>{{"", Engine::lighttpd},
                                           {"", Engine::nginx},
                                           {"", Engine::apache}}
                 : std::vector<Contestant>{
                       {"", Engine::epoll}, {"+twin", Engine::epoll}, {"", Engine::io_uring}};
  for (auto& each : ours()) all.push_back(std::move(each));
  return all;
}

// What the rows of a run share: the files and the servers, which stay up from one turn to the next.
class Arena {
 public:
  Arena() : cpus_(os::allowed_cpus()) {}
  int server_cpu() const { return cpus_.front(); }

  const Running& server(const Contestant& c, bool file) {
    if (cpus_.size() < 2) throw std::runtime_error("server and clients need a CPU each");
    auto& slot = servers_[c.id() + (file ? "/file" : "/echo")];
    if (!slot) slot = std::make_unique<Running>(start(c, file));
    return *slot;
  }
  Question question(const Workload& w, const Running& server) {
    if (!w.file) return echo_question(w.bytes);
    return file_question(server.address, premises().file(w.bytes), Premises::contents(w.bytes));
  }
  /// Half of the most that the workload's peer has answered in a second.
  double half_rate(const Workload& w) {
    double& best = best_[w.name];
    if (best > 0) return best / 2;
    const Running& peer = server({"", w.peer}, w.file);
    const Question question = this->question(w, peer);
    const long requests = w.connections * 100;
    for (int i = 0; i < 5; ++i) {
      Clients clients(peer.address, question, w.connections);
      const os::Nanos began = os::now();
      clients.ask(requests);
      const double seconds = static_cast<double>(os::now() - began) / 1e9;
      best = std::max(best, static_cast<double>(requests) / seconds);
    }
    return best / 2;
  }

 private:
  const Premises& premises() {
    if (!premises_) premises_ = std::make_unique<Premises>();
    return *premises_;
  }
  Running start(const Contestant& c, bool file) {
    if (c.engine == Engine::epoll) return start_fork(echo_by_epoll, server_cpu());
    if (c.engine == Engine::io_uring) {
      if (!os::has(os::Feature::io_uring)) throw std::runtime_error("the kernel has no io_uring");
      return start_fork(echo_by_uring, server_cpu());
    }
    if (c.engine != Engine::weft) return start_peer(c.engine, premises(), server_cpu());
    auto arguments = c.arguments;
    arguments.insert(arguments.end(), {"--service", file ? "file" : "echo"});
    if (file) arguments.insert(arguments.end(), {"--root", premises().files()});
    return start_weft(os::own_program(), arguments, server_cpu());
  }

  const std::vector<int> cpus_;
  std::unique_ptr<Premises> premises_;
  std::map<std::string, std::unique_ptr<Running>> servers_;  // end before their files do
  std::map<std::string, double> best_;
};

// Who was busy while a row was measured, all its runs together.
class Busy {
 public:
  Busy(int server, int core) : server_(server), core_(core) {}
  void begins() { add(-1); }
  void ends() { add(1); }
  os::Nanos server_used() const { return used_; }
  void add_to(Busy& all) const {
    all.wall_ += wall_, all.core_busy_ += core_busy_, all.used_ += used_, all.client_ += client_;
  }
  std::string doubt() const {
    // Of the time in which nobody else had its core: /proc/stat counts in steps of 10 ms.
    const double idle = std::max(0.0, seconds(wall_ - core_busy_)), used = seconds(used_);
    const double server = used / (used + idle), client = seconds(client_) / seconds(wall_);
    if (wall_ == 0 || (server >= kBusy && client < kBusy)) return {};
    auto percent = [](double share) { return std::to_string(std::lround(share * 100)) + " %"; };
    return "the server used " + percent(server) + " of its core (≥ " + percent(kBusy) +
           "), the clients " + percent(client) + " of theirs (< " + percent(kBusy) + ")";
  }

 private:
  static double seconds(os::Nanos t) { return static_cast<double>(t) / 1e9; }
  void add(os::Nanos sign) {
    const os::CpuTimes core = os::cpu_times(core_);
    wall_ += sign * os::now();
    core_busy_ += sign * (core.busy + core.stolen);
    used_ += sign * os::process_cpu_of(server_);
    client_ += sign * os::thread_cpu();
  }

  int server_, core_;
  os::Nanos wall_ = 0, core_busy_ = 0, used_ = 0, client_ = 0;
};

Row base_row(const std::string& name, const Workload& w, const Contestant& c, bool quick) {
  Row row{.name = name + c.name, .engine = c.engine, .mapping = c.mapping};
  row.beside = name + '/' + std::string(bench::name(w.peer)) + "/1";
  row.windows = quick ? 50 : 10;
  return row;
}

// In a second of the server's CPU time.
Row rate_row(const Workload& w, const Contestant& c, const std::shared_ptr<Arena>& arena,
             bool quick) {
  Row row = base_row(w.name, w, c, quick);
  row.unit = "/s";
  if (c.has_target()) row.target = Target{w.at_least, row.beside, true};
  auto all = std::make_shared<Busy>(0, 0);
  row.run = [=](long requests) {
    const Running& server = arena->server(c, w.file);
    const Question question = arena->question(w, server);
    Clients clients(server.address, question, w.connections);
    clients.ask(2L * w.connections);  // both have touched all they need
    Busy busy(server.process.pid(), arena->server_cpu());
    busy.begins();
    clients.ask(requests);
    busy.ends();
    busy.add_to(*all);
    return static_cast<double>(requests) * 1e9 / static_cast<double>(busy.server_used());
  };
  row.doubt = [all] { return all->doubt(); };
  return row;
}

Row latency_row(const std::string& name, const Workload& w, const Contestant& c,
                const std::shared_ptr<Arena>& arena, bool quick) {
  Row row = base_row(name, w, c, quick);
  row.operations = quick ? 2000 : 10'000;
  if (c.has_target()) row.target = Target{1.1, row.beside};
  auto all = std::make_shared<Times>();
  row.run = [=](long requests) {
    const double rate = arena->half_rate(w);
    const Running& server = arena->server(c, w.file);
    const Question question = arena->question(w, server);
    Clients clients(server.address, question, w.connections);
    clients.ask(2L * w.connections);
    const Times times = clients.ask(requests, rate);
    all->merge(times);
    return static_cast<double>(times.answered.percentile(99));
  };
  row.doubt = [all] {
    const os::Nanos late = all->late.percentile(99), p99 = all->answered.percentile(99);
    if (late <= p99 / 10) return std::string();
    return "the clients sent one request in a hundred " + std::to_string(late / os::kMicrosecond) +
           " µs late or later, which is more than a tenth of what is measured";
  };
  return row;
}

std::vector<Row> rows(const Scale& scale) {
  auto arena = std::make_shared<Arena>();
  std::vector<Row> rows;
  for (const Workload& w : {kEcho64, kEcho1000, kFile4K, kFile1M}) {
    for (const Contestant& c : contestants(w)) rows.push_back(rate_row(w, c, arena, scale.quick));
  }
  for (const auto& [name, w] : {std::pair{"p99-echo", kEcho64}, std::pair{"p99-file", kFile4K}}) {
    for (const Contestant& c : contestants(w))
      rows.push_back(latency_row(name, w, c, arena, scale.quick));
  }
  return rows;
}

const RegisterBenchmark registered({100, "servers", rows, /*on_request=*/true});

}  // namespace
}  // namespace weft::labs::bench
