// SPDX-License-Identifier: BSL-1.0
// A server under measurement: this same program as `weft serve …` in a process of its own, which
// tells its counters when asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "labs/catalogue.hpp"
#include "labs/compare/result.hpp"
#include "lwp/os.hpp"

namespace weft::labs::compare {

/// One line of counters (schema weft.serve/1): all grow from the server's start.
struct Counters {
  std::string on_block = "hold";
  int lwps = 0;
  std::uint64_t stack_kb = 0, requests = 0, errors = 0, blocking_reads = 0, ready_at_block = 0,
                switches = 0, rss_kb = 0, remembered_bytes = 0, states = 0;
  lwp::os::Nanos now = 0, cpu = 0, idle_while_waiting = 0, longest_idle = 0,
                 blocked_while_ready = 0;
};
/// Nothing if `line` is not such a line.
std::optional<Counters> parse_counters(const std::string& line);

/// Adds what happened between two looks to `sum`, in the book's units.
void add_window(Counted& sum, const Counters& before, const Counters& after, double scale);

/// The arguments of `weft serve` for a row, without the program's name.
std::vector<std::string> serve_arguments(const RowSpec& spec, const Setup& setup,
                                         const std::string& root, const std::vector<int>& cpus,
                                         const std::vector<int>& disk_cpus);

class ServerProcess {
 public:
  /// Starts it and waits until it listens. Nothing if it does not; it has said why on standard
  /// error by then.
  static std::optional<ServerProcess> start(const std::string& program,
                                            const std::vector<std::string>& arguments,
                                            const std::vector<int>& all_cpus);

  const lwp::os::Address& address() const { return address_; }
  /// What was counted at a window's two ends.
  struct Ends {
    std::optional<Counters> before, after;
  };
  /// Call one, then the other, then ends(). They ask by a signal, and two that are pending are one:
  /// so the first answer is awaited before the second question. A client that the kernel lets run
  /// rarely may ask both at once.
  void window_begins();
  void window_ends();
  /// Waits for the answers; nothing where none comes within ten seconds.
  Ends ends();
  /// What is counted now; nothing if it does not say within `patience`.
  std::optional<Counters> look(lwp::os::Nanos patience);
  /// Whether it has not ended.
  bool runs();
  /// What became of it, for a person.
  std::string fate(const Say& say);
  /// Ends it: it drains, and is killed if that takes more than two seconds.
  void stop();

 private:
  void ask_counters();
  std::optional<Counters> counters();
  /// One line of its output without the newline; nothing at the deadline or at the end.
  std::optional<std::string> read_line(lwp::os::Nanos deadline);

  lwp::os::Process process_;
  lwp::os::Address address_;
  std::string unread_;
  Ends ends_;
};

}  // namespace weft::labs::compare
