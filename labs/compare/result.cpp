// SPDX-License-Identifier: BSL-1.0
#include "labs/compare/result.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace weft::labs::compare {

using fibers::Engine;
using fibers::Mapping;
using fibers::OnBlock;

double Row::rps_median() const {
  if (rps.empty()) return 0;
  auto sorted = rps;
  std::sort(sorted.begin(), sorted.end());
  std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
double Row::rps_min() const {
  return rps.empty() ? 0 : *std::min_element(rps.begin(), rps.end());
}
double Row::rps_max() const {
  return rps.empty() ? 0 : *std::max_element(rps.begin(), rps.end());
}
double Row::idle_share() const {
  return counted.window_s > 0 ? counted.idle_while_waiting_s / counted.window_s : 0;
}
double Row::utilisation() const {
  return counted.window_s > 0 ? counted.cpu_s / counted.window_s : 0;
}
double Row::switches_per_request() const {
  return counted.requests
             ? static_cast<double>(counted.switches) / static_cast<double>(counted.requests)
             : 0;
}
std::optional<double> Row::deviation() const {
  if (!predicted || rps.empty()) return std::nullopt;
  return 100 * (rps_median() - predicted->rps) / predicted->rps;
}
double Row::spread() const {
  double median = rps_median();
  return median > 0 ? 100 * (rps_max() - rps_min()) / 2 / median : 0;
}

const Row* Comparison::find(std::string_view model, std::optional<Mapping> mapping, int heads,
                            Engine engine, OnBlock on_block) const {
  for (const auto& row : rows) {
    const auto& s = row.spec;
    if (s.model == model && s.mapping == mapping && s.engine == engine && s.on_block == on_block &&
        (heads == 0 || s.heads == heads))
      return &row;
  }
  return nullptr;
}

const Row* Comparison::farthest() const {
  const Row* far = nullptr;
  for (const auto& row : rows) {
    auto d = row.deviation();
    if (d && (!far || std::abs(*d) > std::abs(*far->deviation()))) far = &row;
  }
  return far;
}
double Comparison::spread() const {
  double largest = 0;
  for (const auto& row : rows) largest = std::max(largest, row.spread());
  return largest;
}
std::uint64_t Comparison::errors() const {
  std::uint64_t sum = 0;
  for (const auto& row : rows) sum += row.errors;
  return sum;
}

std::vector<RowSpec> rows_for(const Setup& setup) {
  std::vector<RowSpec> all;
  for (int heads : setup.heads) {
    auto pool = [&](Mapping mapping, Engine engine, int workers, int lwps) {
      all.push_back({"dispatcher-worker", mapping, engine, workers, lwps, heads,
                     std::min({workers, lwps, setup.clients}), OnBlock::hold});
    };
    all.push_back({"single-threaded", {}, Engine::weft, 1, 1, heads, 1, OnBlock::hold});
    const int most = *std::max_element(setup.workers.begin(), setup.workers.end());
    pool(Mapping::many_to_one, Engine::weft, most, 1);
    for (int w : setup.workers)
      for (int m : setup.lwps)
        if (w > 1 || w == most) pool(Mapping::many_to_many, Engine::weft, w, m);
    // The book's other many-to-many: an LWP for each thread that can run. One of them at a time,
    // on one core, and those that block in the kernel besides.
    pool(Mapping::many_to_many, Engine::weft, most, 1);
    all.back().on_block = OnBlock::handoff;
    all.back().in_service = std::min(most, setup.clients);
    for (int w : setup.workers) pool(Mapping::one_to_one, Engine::weft, w, w);
    pool(Mapping::many_to_one, Engine::boost_fiber, most, 1);
    all.push_back({"fsm", {}, Engine::weft, 1, 1, heads, setup.clients, OnBlock::hold});
  }
  if (setup.heads.size() == 1) return all;

  // Several disks: first, once, what no disk can change, then the rest disk by disk.
  std::vector<RowSpec> rows;
  auto take = [&](auto&& wanted) {
    std::copy_if(all.begin(), all.end(), std::back_inserter(rows), wanted);
  };
  take([&](const RowSpec& r) { return r.in_service == 1 && r.heads == setup.heads.front(); });
  take([](const RowSpec& r) { return r.in_service > 1; });
  return rows;
}

Prediction predict_row(const Setup& setup, const RowSpec& spec) {
  predict::Network network = setup.network;
  network.heads = spec.heads;
  return {predict::simulate_rps(network, spec.in_service, setup.seed),
          predict::mva_rps(network, spec.in_service), predict::bound_rps(network, spec.in_service)};
}

}  // namespace weft::labs::compare
