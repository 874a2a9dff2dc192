// SPDX-License-Identifier: BSL-1.0
// What is typed behind `weft serve`, and what a server is made of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "labs/serve/limits.hpp"
#include "servers/server.hpp"

namespace weft::labs {

struct ServeFlags {
  std::string service = "file", model = "dispatcher-worker", form, mapping = "many-to-many";
  std::string engine = "weft", on_block = "hold", policy, disk = "none", stack = "64K";
  std::string root = ".", bind = "127.0.0.1", cpus, disk_cpus, trace, access_log;
  std::uint64_t seed = 1;
  int dashboard = -1;  // a port
  int lwps = 0, max_lwps = 0, workers = 8, heads = 0, port = 8080;
  double file_cache = 1000;  // ms
  double cpu_per_request = 0, drain_seconds = 10, preempt = 0, spin = 0;
  bool stats = false, heads_given = false, preempt_given = false;
  bool writable = false, anyone_can_write = false;
  LimitFlags limits;
  std::string layout = "single";
  int processes = 0;
  double end_after = 10;
  std::string register_as;  // NAME@HOST:PORT
  int lease = 10;
  bool port_given = false, processes_given = false, lease_given = false, end_after_given = false;
  std::vector<std::string> of_fibers;  // flags given that only a server of fibers has
};

/// Reads them into the options of a server, and confines this process to --cpus. False and why if
/// something is not right, or would change nothing.
bool read_flags(const ServeFlags& flags, servers::ServerOptions& options, servers::Refusal& why);

}  // namespace weft::labs
