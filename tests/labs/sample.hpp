// SPDX-License-Identifier: BSL-1.0
// A comparison with made-up measurements, for tests of what is shown.
#pragma once

#include "labs/compare/result.hpp"

namespace weft::labs::testing {

/// Every row measures `share` of its prediction, ± 1 %.
inline compare::Comparison sample(compare::Setup setup = {}, double share = 0.98) {
  compare::Comparison c;
  c.setup = setup;
  c.rounds = 3;
  c.date = "2026-11-22";
  c.command = "./weft compare --quick";
  c.version = "weft 1.2.3";
  c.cpu = "Model 7 CPU @ 2.00GHz";
  for (auto& spec : compare::rows_for(setup)) {
    compare::Row row;
    row.spec = spec;
    auto prediction = compare::predict_row(setup, spec);
    for (double wobble : {-0.01, 0.0, 0.01}) row.rps.push_back(prediction.rps * (share + wobble));
    if (setup.own_core) row.predicted = prediction;
    for (int i = 1; i <= 200; ++i) row.latency.record(i * 100'000);
    row.counted = {.window_s = 10,
                   .cpu_s = 6,
                   .idle_while_waiting_s = spec.in_service == 1 ? 6.2 : 0.1,
                   .longest_idle_ms = 75,
                   .requests = 250,
                   .blocking_reads = spec.model == "fsm" ? 0u : 1234u,
                   .blocked_while_ready_s = 6.2,
                   .ready_at_block = spec.model == "fsm" ? 0u : 1234u * 7,
                   .switches = 500,
                   .rss_kb = 5000,
                   .remembered_bytes = 432,
                   .states = 5,
                   .stack_kb = 64};
    c.rows.push_back(std::move(row));
  }
  return c;
}

}  // namespace weft::labs::testing
