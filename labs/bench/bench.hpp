// SPDX-License-Identifier: BSL-1.0
// A benchmark is one file in labs/bench/benchmarks/ that registers itself and lists its rows: the
// same few lines of work under several engines. Nothing else knows which benchmarks there are.
//
// Only ratios mean anything: machines differ, and one machine differs from minute to minute. So
// the rows of a run take turns (A B C A B C …), a row's figure is the median of its turns, and a
// target is held against another row of the same run.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fibers/config.hpp"

namespace weft::labs::bench {

/// Who does the work of a row.
enum class Engine {
  weft,
  boost_fiber,
  pthread,  ///< a kernel thread for each fiber: the same program, mapped one-to-one
  process,
  bare,      ///< no scheduler at all: a bare context, or a function call
  epoll,     ///< the calls alone that a server needs
  io_uring,  ///< likewise
  nginx,     ///< and other people's servers
  lighttpd,
  apache
};
std::string_view name(Engine engine);  ///< "weft", "boost-fiber", …
std::optional<Engine> engine_named(std::string_view text);
/// In the order of the enumeration.
std::vector<std::string> engine_names();

/// What a figure is held against: a limit in the row's own unit, or times another row's figure.
struct Target {
  double limit = 0;
  std::string of;         ///< the id of that row; empty: none
  bool at_least = false;  ///< more is better
};

/// The id of the row most others are held against: one bare switch.
inline constexpr std::string_view kUnit = "switch/bare/1";

struct Row {
  std::string name;  ///< "yield+division"
  Engine engine = Engine::weft;
  std::optional<fibers::Mapping> mapping{};
  int lwps = 1;             ///< LWPs; also the CPUs that the program has meanwhile
  std::string unit = "ns";  ///< of the figure: ns, B, /s, or "" for a ratio
  /// Does that many operations, or so, and returns the figure, in ns that of one.
  std::function<double(long operations)> run{};
  long operations = 0;  ///< in a run; 0: as many as fill its share of the time
  int most_runs = 0;    ///< where one run takes long or never varies; 0: any number
  std::optional<Target> target{};
  std::string beside{kUnit};  ///< the id of the row its ratio is to
  int windows = 1;            ///< how many times the usual share of the time it takes
  /// After all runs: why their figures are no measurement; empty if they are.
  std::function<std::string()> doubt{};

  std::string id() const;  ///< "channel/weft/2"
};

/// What the rows depend on.
struct Scale {
  int lwps = 2;        ///< of the rows that use several
  bool quick = false;  ///< a look at everything; the figures are rough
};

struct Benchmark {
  int place;  ///< in the table
  std::string_view name;
  std::vector<Row> (*rows)(const Scale& scale);
  bool on_request = false;  ///< takes long or needs others' programs: only if named
};
struct RegisterBenchmark {
  explicit RegisterBenchmark(Benchmark benchmark);
};
/// All, in the order of the table.
std::vector<Benchmark> benchmarks();

}  // namespace weft::labs::bench
