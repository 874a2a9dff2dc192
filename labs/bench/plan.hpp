// SPDX-License-Identifier: BSL-1.0
// What `weft bench` was asked to measure, checked before anything runs.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "labs/bench/bench.hpp"
#include "labs/commands.hpp"

namespace weft::labs::bench {

/// The command line as typed.
struct Flags {
  std::vector<std::string> names{};
  std::string engines{};  ///< separated by commas; empty: all
  int lwps = 0;           ///< 0: two, or one where there is one CPU
  int runs = 0;           ///< 0: what quick or not says
  bool quick = false;
  std::string json{};
  std::string expect{};
};

struct Plan {
  std::vector<Row> rows;  ///< those asked for, and those they are held against
  int runs = 9;
  lwp::os::Nanos window = 0;  ///< how long one run of one row should take
  bool one_cpu = false;       ///< rows with several LWPs are left out
  bool quick = false;
  bool expect_targets = false;
};

/// `cpus`: how many this process may use.
std::variant<Plan, Refusal> make_plan(const Flags& flags, int cpus, const Say& say);

}  // namespace weft::labs::bench
