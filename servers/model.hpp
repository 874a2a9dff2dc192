// SPDX-License-Identifier: BSL-1.0
// How a server runs its service. A model is one file in servers/models/ that registers itself under
// its name; nothing else knows which models there are. See docs/servers.md for how to add one.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fibers/config.hpp"
#include "servers/acceptor.hpp"
#include "servers/connection.hpp"

namespace weft::servers {

/// What a model is given.
struct ServerSetup {
  Site site;
  Source source;
  std::string_view form;  ///< one of the model's; of a literal
  fibers::Config fibers;  ///< for models that use fibers
  int workers = 8;        ///< 0: a fiber for each connection
};

/// What a model tells of itself; zero where it does not apply.
struct ModelReport {
  int workers = 1;
  int lwps = 1;
  std::uint64_t switches = 0;
  std::uint64_t blocking_reads = 0;
  os::Nanos blocked = 0;
  std::uint64_t ready_at_block = 0;  ///< fibers, or requests where there are none, summed
  os::Nanos blocked_while_ready = 0;
  std::size_t remembered_bytes = 0;  ///< what an event-driven model keeps for a request
  std::size_t states = 0;            ///< of its table
};

/// What a picture shows of a model without fibers (a runtime of fibers makes its own).
struct ModelView {
  const class ConnectionPool* connections = nullptr;
  const Connection* serving = nullptr;  ///< what its thread is busy with; null: it polls
};

class ServerModel {
 public:
  virtual ~ServerModel() = default;
  /// Serves until drained. Called once.
  virtual void run() = 0;
  /// Begins to end: no new connections, idle ones close, requests under way are answered. From any
  /// thread, at any time after construction, also when run() has returned.
  virtual void drain() = 0;
  /// Requests or fibers that could run now. From any thread, while run() runs; never blocks.
  virtual std::size_t waiting() = 0;
  /// From any thread.
  virtual ModelReport report() const = 0;
  /// From any thread; neither allocates nor locks.
  virtual ModelView view() const { return {}; }
};

/// A model as the command line knows it.
struct ModelEntry {
  std::string_view name;
  std::string_view summary;
  bool uses_fibers;
  std::vector<std::string_view> forms;  ///< ways in which it can be run; the first is the usual
  std::unique_ptr<ServerModel> (*make)(ServerSetup&&);
};
/// All models, by name.
const std::vector<ModelEntry>& models();
const ModelEntry* find_model(std::string_view name);

/// At namespace scope of a model's file.
struct RegisterModel {
  explicit RegisterModel(ModelEntry entry);
};

}  // namespace weft::servers
