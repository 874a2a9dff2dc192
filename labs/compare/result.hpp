// SPDX-License-Identifier: BSL-1.0
// What a comparison is made of: the setup, a row for each server, and what was measured. Screen,
// JSON and report are three views of one Comparison.
//
// Units: times and rates here are the BOOK'S: a run ten times faster than the book (scale 10) that
// answers 250 requests in a second is written down as 25.0 requests/s, and a latency of 4 ms as 40.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fibers/config.hpp"
#include "labs/load/histogram.hpp"
#include "labs/predict/network.hpp"
#include "labs/trace/model.hpp"

namespace weft::labs::compare {

/// One server to be measured.
struct RowSpec {
  std::string model;                       ///< "single-threaded", "dispatcher-worker", "fsm"
  std::optional<fibers::Mapping> mapping;  ///< of dispatcher-worker
  fibers::Engine engine = fibers::Engine::weft;
  int workers = 1;
  int lwps = 1;
  int heads = 8;
  int in_service = 1;  ///< requests it can have begun and not finished
  fibers::OnBlock on_block = fibers::OnBlock::hold;

  bool operator==(const RowSpec&) const = default;
};

struct Prediction {
  double rps = 0, mva_rps = 0, bound_rps = 0;
};

/// What the server itself counted, over all measured windows of the closed phase. Book's units.
struct Counted {
  double window_s = 0;
  double cpu_s = 0;
  double idle_while_waiting_s = 0;
  double longest_idle_ms = 0;
  std::uint64_t requests = 0;
  std::uint64_t blocking_reads = 0;
  double blocked_while_ready_s = 0;
  std::uint64_t ready_at_block = 0;
  std::uint64_t switches = 0;
  std::uint64_t rss_kb = 0;
  std::uint64_t remembered_bytes = 0;  ///< by the state machine, a request
  std::uint64_t states = 0;
  std::uint64_t stack_kb = 0;
};

struct Row {
  RowSpec spec;
  std::string on_block = "hold";
  std::optional<Prediction> predicted;
  std::vector<double> rps;  ///< of each round, requests/s
  load::Histogram latency;  ///< open phase, from the intended send time; real nanoseconds
  std::uint64_t errors = 0;
  std::string first_error;  ///< in English, "" if there is none
  Counted counted;

  double rps_median() const;
  double rps_min() const;
  double rps_max() const;
  double idle_share() const;  ///< of the window: the core was idle while requests waited
  double utilisation() const;
  double switches_per_request() const;
  /// (measured - predicted) / predicted in %, if predicted.
  std::optional<double> deviation() const;
  /// Half the distance between the slowest and the fastest round, in % of the median.
  double spread() const;
};

/// What a row's LWPs and fibers did for a moment, beside its figures.
struct RecordedRow {
  RowSpec spec;
  trace::Model model;
};

struct Setup {
  predict::Network network;
  double scale = 10;
  int clients = 16;
  std::vector<int> workers{8}, lwps{4}, heads{8};
  double open_rps = 15;  ///< of the open phase, book's units
  std::uint64_t seed = 1;
  bool own_core = true;  ///< the server has a core to itself
};

struct Comparison {
  Setup setup;
  std::vector<Row> rows;
  std::vector<RecordedRow> recorded;  ///< none without a report
  int rounds = 0;
  int repeated = 0;   ///< windows measured again because the host or other programs took the core
  int disturbed = 0;  ///< windows kept although they did
  std::string date, cpu;
  std::string command;  ///< as typed, "./weft compare --quick"
  std::string version;  ///< "weft 0.1.0"

  /// The first row that fits, or null. `heads` 0 means any.
  const Row* find(std::string_view model, std::optional<fibers::Mapping> mapping = {},
                  int heads = 0, fibers::Engine engine = fibers::Engine::weft,
                  fibers::OnBlock on_block = fibers::OnBlock::hold) const;
  const Row* farthest() const;  ///< from its prediction; null if nothing was predicted
  double spread() const;        ///< the largest of any row
  std::uint64_t errors() const;
  /// Of windows whose figures were kept.
  int windows() const { return static_cast<int>(rows.size()) * (rounds + 1); }
};

/// The rows that `setup` asks for: single-threaded and the state machine once, each combination of
/// the lists that changes what a row does once. How many workers share one LWP changes nothing, and
/// one worker needs one: of several numbers of workers the largest stands for all there. More heads
/// change nothing for a server with one request in service, so such rows come first and with the
/// first number of heads only.
std::vector<RowSpec> rows_for(const Setup& setup);

Prediction predict_row(const Setup& setup, const RowSpec& spec);

}  // namespace weft::labs::compare
