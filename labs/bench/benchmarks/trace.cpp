// SPDX-License-Identifier: BSL-1.0
// What recording costs (lwp/trace): an event that a program counts itself, and a message of an echo
// server with one LWP: without, for its last events, and in full.
#include "fibers/trace.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <utility>

#include "labs/bench/place.hpp"
#include "lwp/trace/recorder.hpp"
#include "servers/server.hpp"

namespace weft::labs::bench {
namespace {

namespace fs = std::filesystem;

// The process is recorded while one lives, in a file without a name.
class Recorded {
 public:
  enum class What { last, all };
  explicit Recorded(What what = What::last) {
    const fs::path file =
        fs::temp_directory_path() / ("weft-bench-" + std::to_string(os::thread_id()));
    started_ =
        static_cast<bool>(lwp::trace::start({.file = file.string(), .flight = what == What::last}));
    std::error_code ignored;
    fs::remove(file, ignored);
    if (!started_) throw std::runtime_error("cannot record in " + file.string());
  }
  ~Recorded() {
    if (started_) lwp::trace::stop();
  }
  Recorded(const Recorded&) = delete;

 private:
  bool started_;
};

volatile std::uint64_t timestamp;

// What an event cannot do without: reading the time.
double timestamps(long operations) {
  return in_fiber({}, [operations] {
    const bool by_counter = lwp::arch::has_ticks();
    return each(operations, [=] {
      for (long i = 0; i < operations; ++i) {
        timestamp = by_counter ? lwp::arch::ticks() : static_cast<std::uint64_t>(os::now());
      }
    });
  });
}
double events(long operations) {
  const Recorded recorded;
  return in_fiber({}, [operations] {
    return each(operations, [operations] {
      for (long i = 0; i < operations; ++i) fibers::count("bench", 1);
    });
  });
}

// ---- echo ----

constexpr int kConnections = 16;
constexpr long kMessages = 200'000, kFewMessages = 20'000;
using Message = std::array<std::byte, 64>;

// Each connection has a message under way all the time, so that the server always has work.
void exchange(std::uint16_t port, long operations) {
  std::array<os::Fd, kConnections> all;
  Message message{};
  auto ready = [](int fd, std::uint32_t interest) {
    if (!os::wait_ready(fd, interest, os::now() + 10 * os::kSecond))
      throw std::runtime_error("the echo server does not answer");
  };
  auto say = [&](int fd) {
    if (!os::send(fd, message)) throw std::runtime_error("the echo server has closed");
  };
  for (auto& fd : all) {
    auto made = os::connect({.port = port});
    if (!made) throw std::bad_alloc();
    fd = std::move(*made);
    ready(fd.get(), os::kWritable);
    say(fd.get());
  }
  for (long i = 0; i < operations; ++i) {
    const int fd = all[static_cast<std::size_t>(i % kConnections)].get();
    for (std::size_t had = 0; had < message.size();) {
      auto got = os::receive(fd, std::span(message).subspan(had));
      if (got && *got > 0) {
        had += *got;
      } else {
        ready(fd, os::kReadable);
      }
    }
    say(fd);
  }
}

double echoes(long operations) {
  servers::ServerOptions options;
  options.service = "echo";
  options.workers = 0;  // a fiber for each connection
  options.fibers.mapping = fibers::Mapping::many_to_many;
  options.fibers.lwps = 1;
  options.fibers.dump_on_sigquit = false;
  servers::Refusal why;
  auto server = servers::Server::open(options, why);
  if (!server) throw std::runtime_error(why.message);
  // What all threads use but the client's: the server's LWP, and the recorder's own. At full load
  // that is what a message costs, and it is no matter how soon the client is woken.
  const auto others = [] { return os::process_cpu() - os::thread_cpu(); };
  const os::Nanos before = others();
  os::Thread thread("server", [&] { server->run(); });
  exchange(server->port(), operations);
  server->drain();
  thread.join();
  return static_cast<double>(others() - before) / static_cast<double>(operations);
}
// How many times as much a message costs if it is recorded: of pairs, one after the other, because
// from one run to the next a message itself differs by more than what is asked.
double times_as_much(long operations, Recorded::What what) {
  constexpr long kPairs = 11;
  std::array<double, kPairs> ratios;
  for (double& ratio : ratios) {
    const double without = echoes(operations / kPairs);
    const Recorded recorded(what);
    ratio = echoes(operations / kPairs) / without;
  }
  std::nth_element(ratios.begin(), ratios.begin() + kPairs / 2, ratios.end());
  return ratios[kPairs / 2];
}
double last_recorded(long operations) {
  return times_as_much(operations, Recorded::What::last);
}
double all_recorded(long operations) {
  return times_as_much(operations, Recorded::What::all);
}

// Of an event, with what chunks need besides.
double bytes_of_event(long operations) {
  const Recorded recorded;
  (void)echoes(operations);
  const auto cost = lwp::trace::cost();
  return static_cast<double>(cost.bytes) / static_cast<double>(cost.events);
}

std::vector<Row> rows(const Scale& scale) {
  std::vector<Row> rows;
  auto row = [&](const char* name, const Place& place, double (*run)(long)) -> Row& {
    rows.push_back(place.row(name));
    rows.back().run = run;
    return rows.back();
  };
  const Place alone;
  row("timestamp", alone, timestamps);
  row("event", alone, events).target = Target{20, {}};
  // One CPU for the server's LWP, one for the client.
  const Place pair{Engine::weft, fibers::Mapping::many_to_many, 2};
  Row& bytes = row("event-bytes", alone, bytes_of_event);
  bytes.unit = "B";
  bytes.operations = kFewMessages;
  bytes.most_runs = 1;
  bytes.target = Target{12, {}};
  // So many that a server's begin and end do not count.
  const long messages = scale.quick ? kFewMessages : kMessages;
  row("echo", pair, echoes).operations = messages;
  for (auto& [name, run] :
       {std::pair{"echo+flight", &last_recorded}, {"echo+recorded", &all_recorded}}) {
    Row& times = row(name, pair, run);
    times.unit = "";
    times.operations = messages;
    times.target = Target{1.05, {}};
  }
  return rows;
}

const RegisterBenchmark registered({80, "trace", rows});

}  // namespace
}  // namespace weft::labs::bench
