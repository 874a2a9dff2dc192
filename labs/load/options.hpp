// SPDX-License-Identifier: BSL-1.0
// What the words of `weft load` mean, checked before anything is sent.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "labs/catalogue.hpp"
#include "labs/commands.hpp"
#include "labs/expect.hpp"
#include "labs/load/generator.hpp"
#include "labs/load/mix.hpp"
#include "labs/load/url.hpp"

namespace weft::labs::load {

struct Flags {
  std::vector<std::string> urls, variants, also, expect;
  std::string names;
  int connections = 0, runs = 0, pipeline = 1, requests_per_connection = 0;
  double rate = 0, duration = 10, warm_up = 1, timeout = 5, session = 0, zipf = 0, objective = 99.9;
  bool poisson = false, keep_alive = false, sweep = false;
  std::string think, slow_readers, urls_file, mix;
  std::uint64_t seed = 1;
  std::string json, csv, hgrm, report, trace;
};

/// A server that is measured.
struct Variant {
  std::string name;  ///< "" of the only one
  Url url;
  std::shared_ptr<const Dealer> dealer;
};

/// Everything a measurement needs.
struct Job {
  Plan plan;  ///< but for the server and its requests
  std::vector<Variant> variants;
  std::vector<std::string> asked;  ///< the URLs, or the file they come from
  std::vector<Expectation> expectations;
  double objective = 99.9;
  int runs = 1;
  bool sweep = false;

  bool open() const { return plan.rate > 0; }
};

/// Fills `job`, or says why not.
std::optional<Refusal> prepare(const Flags& flags, const Say& say, Job& job);

}  // namespace weft::labs::load
