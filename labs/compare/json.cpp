// SPDX-License-Identifier: BSL-1.0
#include "labs/compare/json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace weft::labs::compare {
namespace {

using Json = nlohmann::ordered_json;

// Four digits after the point are more than any clock here gives.
double rounded(double value) {
  return std::round(value * 1e4) / 1e4;
}

Json row_json(const Row& row, double scale) {
  auto ms = [&](lwp::os::Nanos t) { return rounded(static_cast<double>(t) / 1e6 * scale); };
  auto predicted = [&](double Prediction::*which) {
    return row.predicted ? Json(rounded((*row.predicted).*which)) : Json();
  };
  const RowSpec& s = row.spec;
  return {{"model", s.model},
          {"mapping", s.mapping ? Json(fibers::name(*s.mapping)) : Json()},
          {"engine", fibers::name(s.engine)},
          {"on_block", row.on_block},
          {"workers", s.workers},
          {"lwps", s.lwps},
          {"heads", s.heads},
          {"in_service", s.in_service},
          {"predicted_rps", predicted(&Prediction::rps)},
          {"mva_rps", predicted(&Prediction::mva_rps)},
          {"bound_rps", predicted(&Prediction::bound_rps)},
          {"measured_rps", rounded(row.rps_median())},
          {"measured_rps_min", rounded(row.rps_min())},
          {"measured_rps_max", rounded(row.rps_max())},
          {"p50_ms", ms(row.latency.percentile(50))},
          {"p99_ms", ms(row.latency.percentile(99))},
          {"p90_ms", ms(row.latency.percentile(90))},
          {"latency_count", row.latency.count()},
          {"max_ms", ms(row.latency.max())},
          {"idle_while_waiting", rounded(row.idle_share())},
          {"longest_idle_ms", rounded(row.counted.longest_idle_ms)},
          {"cpu_utilisation", rounded(row.utilisation())},
          {"rss_kb", row.counted.rss_kb},
          {"switches_per_request", rounded(row.switches_per_request())},
          {"errors", row.errors},
          {"first_error", row.first_error.empty() ? Json() : Json(row.first_error)}};
}

}  // namespace

std::string to_json(const Comparison& c) {
  Json rows = Json::array();
  for (const auto& row : c.rows) rows.push_back(row_json(row, c.setup.scale));
  Json all = {{"schema", "weft.compare/1"},
              {"rows", std::move(rows)},
              {"scale", c.setup.scale},
              {"clients", c.setup.clients},
              {"open_rps", rounded(c.setup.open_rps)},
              {"seed", c.setup.seed},
              {"runs", c.rounds},
              {"repeated", c.repeated},
              {"disturbed", c.disturbed},
              {"own_core", c.setup.own_core},
              {"command", c.command},
              {"version", c.version},
              {"date", c.date},
              {"cpu", c.cpu}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace weft::labs::compare
