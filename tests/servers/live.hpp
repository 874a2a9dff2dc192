// SPDX-License-Identifier: BSL-1.0
// Real servers over loopback, in this process, under every configuration; and a client for them.
#pragma once

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "lwp/os/socket_options.hpp"
#include "servers/server.hpp"
#include "tests/servers/conversations.hpp"

namespace weft::tests {

namespace os = lwp::os;
using servers::Refusal;
using servers::Server;
using servers::ServerOptions;

/// How a server is run; tests go through all of them instead of being copied.
struct Setup {
  std::string name;
  std::string model;
  fibers::Mapping mapping = fibers::Mapping::many_to_many;
  fibers::Engine engine = fibers::Engine::weft;
  int workers = 4;
  std::string form = {};
};
/// Its only thread stands still while it reads.
inline bool blocks_alone(const Setup& s) {
  return s.model == "single-threaded" || s.form == "sped";
}
inline std::ostream& operator<<(std::ostream& out, const Setup& s) {
  return out << s.name;
}

inline const std::vector<Setup>& all_setups() {
  using fibers::Engine;
  using fibers::Mapping;
  static const std::vector<Setup> all = {
      {"single-threaded", "single-threaded"},
      {"fsm", "fsm"},
      {.name = "fsm sped", .model = "fsm", .form = "sped"},
      {.name = "fsm uring", .model = "fsm", .form = "uring"},
      {"4 workers, many-to-one", "dispatcher-worker", Mapping::many_to_one},
      {"4 workers, many-to-many", "dispatcher-worker", Mapping::many_to_many},
      {"4 workers, one-to-one", "dispatcher-worker", Mapping::one_to_one},
      {"4 workers, boost-fiber", "dispatcher-worker", Mapping::many_to_one, Engine::boost_fiber},
      {"64 workers by connection", "dispatcher-worker", Mapping::many_to_many, Engine::weft, 64,
       "by-connection"},
      {"a fiber each, many-to-many", "dispatcher-worker", Mapping::many_to_many, Engine::weft, 0},
      {"a fiber each, one-to-one", "dispatcher-worker", Mapping::one_to_one, Engine::weft, 0},
  };
  return all;
}

/// A folder with files for one test, removed with it.
class Folder {
 public:
  Folder() {
    static int number = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("weft-test-" + std::to_string(os::thread_id()) + "-" + std::to_string(++number));
    std::filesystem::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& file(const std::string& name, std::string_view content) {
    auto path = path_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return *this;
  }
  Folder& link(const std::string& name, const std::string& to) {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::filesystem::create_symlink(to, path_ / name);
    return *this;
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

inline constexpr os::Nanos kFixedDate = 784111777 * os::kSecond;

/// A server in a thread of its own; drained at the end of its life.
class Live {
 public:
  explicit Live(const Setup& setup, const std::string& root,
                const std::function<void(ServerOptions&)>& adjust = {}) {
    ServerOptions o;
    o.model = setup.model;
    o.form = setup.form;
    o.fibers.mapping = setup.mapping;
    o.fibers.engine = setup.engine;
    o.fibers.lwps = setup.mapping == fibers::Mapping::many_to_many ? 2 : 0;
    o.fibers.dump_on_sigquit = false;
    o.workers = setup.workers;
    o.root = root;
    o.wall = [] { return kFixedDate; };
    if (adjust) adjust(o);
    Refusal why;
    server_ = Server::open(o, why);
    if (!server_) throw std::runtime_error(why.message);
    thread_ = os::Thread("server", [this] { server_->run(); });
  }
  ~Live() { stop(); }
  /// Drains and waits for the end.
  void stop() {
    if (!thread_.joinable()) return;
    server_->drain();
    thread_.join();
  }
  Server& server() { return *server_; }
  std::uint16_t port() const { return server_->port(); }

 private:
  std::unique_ptr<Server> server_;
  os::Thread thread_;
};

/// A blocking client; every wait is bounded.
class Client {
 public:
  static constexpr os::Nanos kPatience = 20 * os::kSecond;

  explicit Client(std::uint16_t port) {
    auto fd = os::connect({.port = port});
    if (!fd) throw std::runtime_error("cannot connect");
    fd_ = std::move(*fd);
    wait(os::kWritable);
    if (os::socket_error(fd_.get()) != 0) throw std::runtime_error("connection refused");
  }
  Client& send(std::string_view text) {
    while (!text.empty()) {
      auto sent = os::send(fd_.get(), servers::as_bytes(text));
      if (sent) {
        text.remove_prefix(*sent);
      } else if (sent.error() == EAGAIN) {
        wait(os::kWritable);
      } else {
        return *this;  // the server has closed; what it said can still be read
      }
    }
    return *this;
  }
  Client& end() {
    os::shutdown_send(fd_.get());
    return *this;
  }
  /// Leaves at once: what is under way is lost (SO_LINGER of no time).
  void reset() { os::reset_connection(std::move(fd_)); }
  /// Everything until the server closes.
  std::string rest() {
    while (receive()) {
    }
    return std::exchange(buffer_, {});
  }
  /// The next answer: head, and as many bytes as it announces.
  std::string answer(bool head_only = false) {
    std::size_t end;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return std::exchange(buffer_, {});
    }
    end += 4;
    auto length = buffer_.find("Content-Length: ");
    if (length < end && !head_only) end += std::stoul(buffer_.substr(length + 16));
    while (buffer_.size() < end) {
      if (!receive()) break;
    }
    std::string out = buffer_.substr(0, end);
    buffer_.erase(0, out.size());
    return out;
  }
  /// As many bytes as that, or what there is until the server closes.
  std::string bytes(std::size_t n) {
    while (buffer_.size() < n && receive()) {
    }
    std::string out = buffer_.substr(0, n);
    buffer_.erase(0, out.size());
    return out;
  }
  /// Something has come, or does before the deadline.
  bool hears_within(os::Nanos time) {
    return !buffer_.empty() || os::wait_ready(fd_.get(), os::kReadable, os::now() + time);
  }

 private:
  void wait(std::uint32_t interest) {
    if (!os::wait_ready(fd_.get(), interest, os::now() + kPatience)) {
      throw std::runtime_error("the server does not answer");
    }
  }
  bool receive() {
    std::array<std::byte, 65536> bytes;
    while (true) {
      auto got = os::receive(fd_.get(), bytes);
      if (got) {
        buffer_.append(reinterpret_cast<const char*>(bytes.data()), *got);
        return *got > 0;
      }
      if (got.error() != EAGAIN) return false;  // reset: the end
      wait(os::kReadable);
    }
  }
  os::Fd fd_;
  std::string buffer_;
};

inline std::string contents(const std::string& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

/// What a shell command printed, both streams, and its exit code.
struct Ran {
  int code = -1;
  std::string out;
};

inline Ran run(const std::string& shell) {
  auto process = os::spawn_process({"sh", "-c", shell + " 2>&1"});
  if (!process) return {};
  std::array<std::byte, 65536> bytes;
  Ran ran;
  while (os::wait_ready(process->out(), os::kReadable, os::now() + 60 * os::kSecond)) {
    auto got = os::read(process->out(), bytes);
    if (!got || *got == 0) break;
    ran.out.append(reinterpret_cast<const char*>(bytes.data()), *got);
  }
  if (auto exit = process->wait(os::now() + 10 * os::kSecond)) ran.code = exit->code;
  return ran;
}

}  // namespace weft::tests
