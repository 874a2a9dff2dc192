// SPDX-License-Identifier: BSL-1.0
#include "labs/load/mix.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <optional>
#include <sstream>

namespace weft::labs::load {
namespace {

constexpr int kSizes = 16;  // of a range

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "4096", "4k", "1M"
std::optional<std::size_t> size_in(std::string_view text) {
  std::size_t unit = 1;
  if (text.ends_with('k')) unit = 1 << 10;
  if (text.ends_with('M')) unit = 1 << 20;
  if (unit > 1) text.remove_suffix(1);
  auto n = number_in<std::size_t>(text);
  if (!n || *n > kMostBytes / unit) return std::nullopt;
  return *n * unit;
}

// "4k" is one size, "1k-64k" are several.
std::vector<std::size_t> sizes_in(std::string_view text) {
  const auto dash = text.find('-');
  auto low = size_in(text.substr(0, dash));
  if (!low) return {};
  if (dash == text.npos) return {*low};
  auto high = size_in(text.substr(dash + 1));
  if (!high || *low == 0 || *high < *low) return {};
  std::vector<std::size_t> out;
  const double ratio = static_cast<double>(*high) / static_cast<double>(*low);
  for (int i = 0; i < kSizes; ++i) {
    out.push_back(static_cast<std::size_t>(
        std::lround(static_cast<double>(*low) * std::pow(ratio, i / double(kSizes - 1)))));
  }
  return out;
}

// "/a/{1-3}" is three paths.
std::vector<std::string> paths_in(const std::string& text) {
  const auto begin = text.find('{'), end = text.find('}');
  if (begin == text.npos && end == text.npos) return {text};
  if (begin == text.npos || end == text.npos || end < begin) return {};
  const std::string_view range = std::string_view(text).substr(begin + 1, end - begin - 1);
  const auto dash = range.find('-');
  if (dash == range.npos) return {};
  auto first = number_in<std::size_t>(range.substr(0, dash));
  auto last = number_in<std::size_t>(range.substr(dash + 1));
  if (!first || !last || *last < *first || *last - *first >= kMostAsks) return {};
  std::vector<std::string> out;
  for (std::size_t n = *first; n <= *last; ++n)
    out.push_back(text.substr(0, begin) + std::to_string(n) + text.substr(end + 1));
  return out;
}

bool is_target(std::string_view text) {
  return text.starts_with('/') &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 0x7F; });
}

// The asks of one line, or what is wrong with it.
std::variant<std::vector<Ask>, std::string> parse_line(const std::string& line, double zipf) {
  std::istringstream words(line);
  std::string weight_text, path, size, more;
  Ask ask;
  if (!(words >> weight_text >> ask.method >> path)) return "it is WEIGHT METHOD PATH [BYTES]";
  words >> size >> more;
  auto weight = number_in<double>(weight_text);
  if (!weight || !(*weight > 0 && *weight <= 1e9)) return "the weight is no number above 0";
  const bool puts = ask.method == "PUT";
  if (!puts && ask.method != "GET" && ask.method != "HEAD" && ask.method != "DELETE")
    return "the method is none of GET, HEAD, PUT, DELETE";
  const auto paths = paths_in(path);
  if (paths.empty() || !is_target(paths.front())) return "the path is not as /a or /a/{1-100}";
  if (puts == size.empty() || !more.empty()) return "a PUT, and no other, has a number of bytes";
  const auto sizes = puts ? sizes_in(size) : std::vector<std::size_t>{0};
  if (sizes.empty()) return "the bytes are not as 4096, 4k or 1k-64k";
  std::vector<Ask> asks;
  for (const auto& p : paths) asks.push_back({ask.method, p, 0, 1});
  popularity_by_rank(asks, zipf);
  double sum = 0;
  for (const auto& a : asks) sum += a.weight;
  std::vector<Ask> out;
  for (const auto& a : asks) {
    for (auto s : sizes) {
      out.push_back(a);
      out.back().body = s;
      out.back().weight = *weight * a.weight / sum / static_cast<double>(sizes.size());
    }
  }
  return out;
}

}  // namespace

std::variant<std::vector<Ask>, MixError> parse_mix(std::string_view text, double zipf) {
  std::vector<Ask> all;
  std::istringstream lines{std::string(text)};
  std::size_t bytes = 0;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    line.resize(std::min(line.size(), line.find('#')));
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    auto parsed = parse_line(line, zipf);
    if (auto* what = std::get_if<std::string>(&parsed)) return MixError{number, *what};
    for (auto& ask : std::get<0>(parsed)) {
      bytes += ask.body + ask.target.size();
      if (all.size() >= kMostAsks) return MixError{number, "these are more than 100000 requests"};
      if (bytes > kMostBytes) return MixError{number, "all bodies together are more than 256 MiB"};
      all.push_back(std::move(ask));
    }
  }
  if (all.empty()) return MixError{number, "it asks for nothing"};
  return all;
}

void popularity_by_rank(std::vector<Ask>& asks, double s) {
  for (std::size_t k = 0; k < asks.size(); ++k)
    asks[k].weight = std::pow(static_cast<double>(k + 1), -s);
}

std::string text_of(const Ask& ask, const std::string& authority, bool keep_alive) {
  std::string out =
      ask.method + ' ' + ask.target + " HTTP/1.1\r\nHost: " + authority +
      "\r\nUser-Agent: weft-load\r\nConnection: " + (keep_alive ? "keep-alive" : "close") + "\r\n";
  if (ask.method == "PUT") out += "Content-Length: " + std::to_string(ask.body) + "\r\n";
  out += "\r\n";
  for (std::size_t i = 0; i < ask.body; ++i)
    out += i % 64 == 63 ? '\n' : static_cast<char>('a' + i % 26);
  return out;
}

Dealer::Dealer(const std::vector<Ask>& asks, const std::string& authority, bool keep_alive) {
  double sum = 0;
  for (const auto& ask : asks) {
    requests_.push_back(text_of(ask, authority, keep_alive));
    up_to_.push_back(sum += ask.weight);
  }
}

std::function<std::string_view()> Dealer::source(std::uint64_t seed) const {
  // What a std::function holds is copied: the random numbers must not be.
  return [this, random = std::make_shared<Random>(seed)]() -> std::string_view {
    if (requests_.size() == 1) return requests_.front();
    const double at = up_to_.back() * random->unit();
    const auto which = std::lower_bound(up_to_.begin(), up_to_.end(), at) - up_to_.begin();
    return requests_[static_cast<std::size_t>(which)];
  };
}

}  // namespace weft::labs::load
