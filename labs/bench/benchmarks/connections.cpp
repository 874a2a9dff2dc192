// SPDX-License-Identifier: BSL-1.0
// What a connection costs that is kept open and asks for nothing: the memory of the server's
// process for ten thousand of them, each after one answer. (What the kernel keeps for their sockets
// is not in it.) A server of each model is a process of its own.
#include <array>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "labs/bench/bench.hpp"
#include "lwp/os/socket_options.hpp"
#include "servers/service.hpp"

namespace weft::labs::bench {
namespace {

namespace fs = std::filesystem;
namespace os = lwp::os;

constexpr long kConnections = 10'000, kFewConnections = 1'000;
constexpr long kFirst = 100;  // make what is there once, however many there are
constexpr os::Nanos kPatience = 20 * os::kSecond;

// A folder with one small file, for as long as it lives.
class Root {
 public:
  Root() : path_(fs::temp_directory_path() / ("weft-bench-" + std::to_string(os::process_id()))) {
    fs::create_directories(path_);
    std::ofstream(path_ / "a") << std::string(1024, 'x');
  }
  ~Root() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Root(const Root&) = delete;
  std::string path() const { return path_.string(); }

 private:
  const fs::path path_;
};

void ready(int fd, std::uint32_t interest) {
  if (!os::wait_ready(fd, interest, os::now() + kPatience))
    throw std::runtime_error("the server does not answer");
}

class Server {
 public:
  Server(const std::string& root, const std::vector<std::string>& flags, long connections) {
    std::vector<std::string> argv = {os::own_program(),
                                     "serve",
                                     "--port",
                                     "0",
                                     "--root",
                                     root,
                                     "--max-connections",
                                     std::to_string(connections),
                                     "--idle-seconds",
                                     "600"};
    argv.insert(argv.end(), flags.begin(), flags.end());
    auto process = os::spawn_process(argv);
    if (!process) throw std::runtime_error("the server cannot be started");
    process_ = std::move(*process);
    port_ = static_cast<std::uint16_t>(number_behind(line(), "listening on 127.0.0.1:"));
  }
  std::uint16_t port() const { return port_; }
  long resident_kb() {
    process_.signal(SIGUSR1);
    return number_behind(line(), "\"rss_kb\":");
  }

 private:
  std::string line() {
    std::string text;
    std::array<std::byte, 1> next;
    while (true) {
      ready(process_.out(), os::kReadable);
      auto got = os::read(process_.out(), next);
      if (!got || *got == 0) throw std::runtime_error("the server has ended");
      if (next[0] == std::byte{'\n'}) return text;
      text += static_cast<char>(next[0]);
    }
  }
  static long number_behind(const std::string& text, std::string_view label) {
    long number = 0;
    const auto at = text.find(label);
    if (at == text.npos) throw std::runtime_error("the server says: " + text);
    std::from_chars(text.data() + at + label.size(), text.data() + text.size(), number);
    return number;
  }

  os::Process process_;
  std::uint16_t port_ = 0;
};

os::Fd kept_connection(std::uint16_t port) {
  auto made = os::connect({.port = port});
  if (!made) throw std::runtime_error("no descriptor is left for a connection: see ulimit -n");
  os::Fd fd = std::move(*made);
  ready(fd.get(), os::kWritable);
  if (!os::send(fd.get(), servers::as_bytes("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")))
    throw std::runtime_error("the server has closed");
  std::array<std::byte, 4096> answer;
  ready(fd.get(), os::kReadable);  // so short an answer comes as a whole
  auto got = os::receive(fd.get(), answer);
  if (!got || *got < 1024) throw std::runtime_error("the server has refused a connection");
  return fd;
}

double bytes_each(const std::vector<std::string>& flags, long connections) {
  const Root root;
  std::vector<os::Fd> kept;
  Server server(root.path(), flags, kFirst + connections);
  for (long i = 0; i < kFirst; ++i) kept.push_back(kept_connection(server.port()));
  const long before = server.resident_kb();
  for (long i = 0; i < connections; ++i) kept.push_back(kept_connection(server.port()));
  return static_cast<double>(server.resident_kb() - before) * 1024 /
         static_cast<double>(connections);
}

std::vector<Row> rows(const Scale& scale) {
  struct Kind {
    const char* name;
    Engine engine;
    std::vector<std::string> flags;
  };
  const Kind kinds[] = {
      {"idle-single", Engine::bare, {"--model", "single-threaded"}},
      {"idle-fsm", Engine::bare, {"--model", "fsm"}},
      {"idle-worker", Engine::weft, {"--lwps", "1"}},
      {"idle-fiber-each", Engine::weft, {"--workers", "0", "--lwps", "1"}},
  };
  const long most = static_cast<long>(os::raise_descriptor_limit()) - 2 * kFirst;
  std::vector<Row> rows;
  for (const Kind& kind : kinds) {
    rows.push_back({.name = kind.name,
                    .engine = kind.engine,
                    .unit = "B",
                    .run = [flags = kind.flags](long n) { return bytes_each(flags, n); },
                    .operations = std::min(scale.quick ? kFewConnections : kConnections, most),
                    .most_runs = 1});
    if (kind.engine == Engine::weft) rows.back().mapping = fibers::Mapping::many_to_many;
  }
  return rows;
}

const RegisterBenchmark registered({95, "connections", rows});

}  // namespace
}  // namespace weft::labs::bench
