// SPDX-License-Identifier: BSL-1.0
#include "labs/expect.hpp"

#include <algorithm>
#include <charconv>

namespace weft::labs {
namespace {

using Relation = Expectation::Relation;

// Takes the relation from the front of `text`.
std::optional<Relation> take_relation(std::string_view& text) {
  struct Spelling {
    std::string_view sign;
    Relation relation;
  };
  constexpr Spelling kSpellings[] = {{"<=", Relation::at_most}, {">=", Relation::at_least},
                                     {"==", Relation::equal},   {"<", Relation::less},
                                     {">", Relation::more},     {"=", Relation::equal}};
  for (auto [sign, relation] : kSpellings) {
    if (!text.starts_with(sign)) continue;
    text.remove_prefix(sign.size());
    return relation;
  }
  return std::nullopt;
}

// What the unit multiplies by, in ms for times.
std::optional<double> factor(std::string_view unit, bool is_time) {
  if (!is_time) return unit.empty() || unit == "%" ? std::optional<double>(1) : std::nullopt;
  if (unit == "us") return 1e-3;
  if (unit == "ms") return 1;
  if (unit == "s") return 1e3;
  return std::nullopt;
}

}  // namespace

bool Expectation::holds(double measured) const {
  switch (relation) {
    case Relation::less:
      return measured < value;
    case Relation::at_most:
      return measured <= value;
    case Relation::equal:
      return measured == value;
    case Relation::at_least:
      return measured >= value;
    case Relation::more:
      return measured > value;
  }
  return false;
}

std::optional<Expectation> parse_expectation(std::string_view text,
                                             std::span<const Metric> metrics) {
  Expectation e;
  e.text = text;
  std::string compact;  // "p99 < 5 ms" is as good as "p99<5ms"
  for (char c : text)
    if (c != ' ') compact += c;
  std::string_view rest = compact;
  e.metric = rest.substr(0, rest.find_first_of("<>="));
  rest.remove_prefix(e.metric.size());
  auto metric = std::find_if(metrics.begin(), metrics.end(),
                             [&](const Metric& m) { return m.name == e.metric; });
  auto relation = take_relation(rest);
  if (metric == metrics.end() || !relation) return std::nullopt;
  e.relation = *relation;
  auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), e.value);
  if (error != std::errc()) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  auto by = factor(rest, metric->is_time);
  if (!by) return std::nullopt;
  e.value *= *by;
  return e;
}

}  // namespace weft::labs
