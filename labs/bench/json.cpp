// SPDX-License-Identifier: BSL-1.0
#include <nlohmann/json.hpp>

#include "labs/bench/report.hpp"
#include "lwp/os.hpp"

namespace weft::labs::bench {

std::string to_json(const Results& results) {
  using Json = nlohmann::ordered_json;
  Json rows = Json::array(), targets = Json::array();
  for (const Result& result : results) {
    if (result.figures.empty()) continue;
    const Row& row = result.row;
    rows.push_back({{"name", row.name},
                    {"engine", name(row.engine)},
                    {"mapping", row.mapping ? Json(fibers::name(*row.mapping)) : Json()},
                    {"lwps", row.lwps},
                    {"count", result.operations},
                    {"unit", row.unit},
                    {"median", result.median()},
                    {"min", result.least()},
                    {"max", result.most()},
                    {"runs", result.figures.size()}});
    if (!result.doubt.empty()) rows.back()["doubt"] = result.doubt;
    auto limit = limit_of(results, result);
    if (!limit) continue;
    targets.push_back({{"name", row.name},
                       {"engine", name(row.engine)},
                       {"lwps", row.lwps},
                       {row.target->at_least ? "at_least" : "at_most", *limit},
                       {"met", *met(results, result)}});
  }
  Json all = {{"schema", "weft.bench/1"},
              {"results", std::move(rows)},
              {"targets", std::move(targets)},
              {"cpu", lwp::os::cpu_name()}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace weft::labs::bench
