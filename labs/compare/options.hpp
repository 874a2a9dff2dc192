// SPDX-License-Identifier: BSL-1.0
// What `weft compare` was asked to do, checked before anything is started: a mistake found after
// twenty seconds of measuring would have cost them.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "labs/commands.hpp"
#include "labs/compare/result.hpp"
#include "labs/expect.hpp"

namespace weft::labs::compare {

/// The command line as typed.
struct Flags {
  double scale = 10;
  std::string workers = "8", lwps = "4", heads = "8";
  int clients = 16;
  int runs = 0;        ///< 0: what quick, default or thorough say
  double seconds = 0;  ///< 0: likewise
  std::uint64_t seed = 1;
  bool quick = false, thorough = false;
  bool heads_given = false;
  std::string root, json, report = "weft-report.html", trace;
  bool no_report = false;
  std::vector<std::string> expect;
};

struct Options {
  Setup setup;
  int rounds = 3;
  double seconds = 16;       ///< of measuring, about
  std::string root;          ///< empty: a tree of our own
  std::string json, report;  ///< empty: none
  std::vector<Expectation> expectations;
  std::vector<int> server_cpus;  ///< empty: shared with the clients
  std::vector<int> client_cpus;
};

std::variant<Options, Refusal> read_options(const Flags& flags, const Say& say);

}  // namespace weft::labs::compare
