// SPDX-License-Identifier: BSL-1.0
// A whole server from its options: disk, root, listener, service, model. What `weft serve` runs,
// and what tests run in one process.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lwp/dump.hpp"
#include "servers/disk.hpp"
#include "servers/file/partition.hpp"
#include "servers/file_cache.hpp"
#include "servers/model.hpp"
#include "servers/refusal.hpp"

namespace weft::servers {

struct ServerOptions {
  std::string service = "file";
  std::string model = "dispatcher-worker";
  std::string form;  ///< of the model; empty: the usual
  fibers::Config fibers;
  int workers = 8;
  DiskSpec disk;
  std::string root = ".";
  os::Address bind;
  int listener = -1;    ///< listens already, in place of `bind`; it stays the caller's
  int connection = -1;  ///< the only one to serve, in place of a listener; likewise
  Limits limits{};
  os::Nanos cpu_per_request = 0;
  os::Nanos file_cache = 0;                        ///< how long a file stays open; file_cache.hpp
  std::string access_log;                          ///< a file, or "-"; "": none
  bool writable = false;                           ///< files may be changed
  bool anyone_can_write = false;                   ///< also from other machines
  std::optional<file::Partition> partition{};      ///< of several servers, and this one's place
  std::function<os::Nanos()> wall = os::wall_now;  ///< the clock of Date
};

/// The services there are.
inline constexpr std::array<std::string_view, 3> kServices = {"echo", "file", "names"};

class Server {
 public:
  /// Makes the server and listens. A port that is taken is kMachineLacks. REQUIRES, for a slow
  /// disk, that no other thread exists.
  static std::unique_ptr<Server> open(const ServerOptions& options, Refusal& why);
  ~Server();

  std::uint16_t port() const { return port_; }
  /// Serves until drained.
  void run();
  /// Begins to end, from any thread.
  void drain() { model_->drain(); }
  /// Requests or fibers that could run now; for os::meter_idle.
  std::size_t waiting() { return model_->waiting(); }
  /// The counters as one line of JSON, schema weft.serve/1, without a newline. From any thread.
  std::string counters_line() const;
  const Counters& counters() const { return counters_; }
  /// The access log's file has been renamed. From any thread.
  void reopen_log() {
    if (log_) log_->reopen();
  }

 private:
  explicit Server(const ServerOptions& options);
  bool choose_form(Refusal& why);
  bool open_root(Refusal& why);
  bool open_source(Source& source, Refusal& why);
  static void show(const void* server, int fd);

  const ServerOptions options_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Disk> disk_;
  os::Fd root_;
  FileCache files_;
  Counters counters_;
  CpuTail tail_;
  std::unique_ptr<AccessLog> log_;
  std::unique_ptr<Service> service_;
  const ModelEntry* entry_ = nullptr;
  std::string_view form_;
  std::unique_ptr<ServerModel> model_;
  lwp::atomic<int> thread_{0};             // that serves; for the picture
  std::optional<lwp::Pictured> pictured_;  // last: its end waits for pictures under way
};

}  // namespace weft::servers
