// SPDX-License-Identifier: BSL-1.0
#include "labs/bench/bench.hpp"

#include <algorithm>
#include <array>

namespace weft::labs::bench {
namespace {

constexpr std::array<std::string_view, 10> kEngines = {
    "weft",  "boost-fiber", "pthread", "process",  "bare",
    "epoll", "io_uring",    "nginx",   "lighttpd", "apache"};

// Filled by constructors of namespace scope, in no order: made when first asked for.
std::vector<Benchmark>& registry() {
  static std::vector<Benchmark> all;
  return all;
}

}  // namespace

std::string_view name(Engine engine) {
  return kEngines[static_cast<std::size_t>(engine)];
}

std::optional<Engine> engine_named(std::string_view text) {
  auto at = std::ranges::find(kEngines, text);
  if (at == kEngines.end()) return std::nullopt;
  return static_cast<Engine>(at - kEngines.begin());
}

std::vector<std::string> engine_names() {
  return {kEngines.begin(), kEngines.end()};
}

std::string Row::id() const {
  return name + '/' + std::string(bench::name(engine)) + '/' + std::to_string(lwps);
}

RegisterBenchmark::RegisterBenchmark(Benchmark benchmark) {
  registry().push_back(benchmark);
}

std::vector<Benchmark> benchmarks() {
  auto all = registry();
  std::ranges::sort(all, {}, &Benchmark::place);
  return all;
}

}  // namespace weft::labs::bench
