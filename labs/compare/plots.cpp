// SPDX-License-Identifier: BSL-1.0
#include "labs/compare/plots.hpp"

#include <algorithm>
#include <cmath>

#include "labs/columns.hpp"
#include "labs/compare/findings.hpp"

namespace weft::labs::compare {
namespace {

using namespace svg;

double widest_label(const Comparison& c, Say say) {
  std::size_t widest = 0;
  for (const auto& row : c.rows) widest = std::max(widest, columns(full_label(c, row.spec, say)));
  return kColumn * static_cast<double>(widest);
}

double latency_ms(const Comparison& c, const Row& row, double percent) {
  return static_cast<double>(row.latency.percentile(percent)) / 1e6 * c.setup.scale;
}

}  // namespace

std::string full_label(const Comparison& c, const RowSpec& spec, Say say) {
  std::string out = label(spec, say);
  if (c.setup.lwps.size() > 1 && spec.mapping == fibers::Mapping::many_to_many)
    out += say("report.with_lwps", {{"lwps", std::to_string(spec.lwps)}});
  if (c.setup.heads.size() > 1 && spec.in_service > 1)
    out += spec.heads == 1 ? say("report.with_one_head")
                           : say("report.with_heads", {{"heads", std::to_string(spec.heads)}});
  return out;
}

std::string throughput_plot(const Comparison& c, Say say) {
  const double left = widest_label(c, say) + 12, right = kPlotWidth - 164, top = 34, step = 32;
  const double bottom = top + step * static_cast<double>(c.rows.size());
  double largest = 0;
  for (const auto& row : c.rows)
    largest = std::max({largest, row.rps_max(), row.predicted ? row.predicted->rps : 0});
  auto marks = ticks(largest, 6);
  auto x = [&](double rps) { return left + (right - left) * rps / marks.back(); };

  std::string out;
  for (double mark : marks) {
    out += line(x(mark), top - 4, x(mark), bottom, mark == 0 ? "axis" : "grid");
    out += text(x(mark), bottom + 16, number(mark, 0), "t small", "middle");
  }
  out += text(right, bottom + 34, say("report.rate_axis"), "t small", "end");
  double y = top;
  for (const auto& row : c.rows) {
    double middle = y + step / 2, rps = row.rps_median();
    out += text(left - 10, middle + 4, full_label(c, row.spec, say), "t", "end");
    out += rect(left, middle - 9, std::max(1.0, x(rps) - left), 18, "bar");
    if (row.rps_max() > row.rps_min())
      out += line(x(row.rps_min()), middle, x(row.rps_max()), middle, "whisker");
    if (row.predicted)
      out += line(x(row.predicted->rps), middle - 13, x(row.predicted->rps), middle + 13, "goal");
    out += text(kPlotWidth - 92, middle + 4, number(rps), "t strong", "end");
    if (row.predicted)
      out += text(kPlotWidth, middle + 4, number(row.predicted->rps), "t predicted", "end");
    y += step;
  }
  // The heads of the two columns of numbers are the key to the marks.
  auto head = [&](double end, const std::string& words) {
    out += text(end, 18, words, "t small", "end");
    return end - kColumn * static_cast<double>(columns(words)) - 10;
  };
  double at = head(kPlotWidth - 92, say("report.key_measured"));
  out += rect(at - 14, 8, 14, 11, "bar");
  if (c.setup.own_core) {
    at = head(kPlotWidth, say("report.key_predicted"));
    out += line(at - 3, 4, at - 3, 22, "goal");
  }
  return figure(bottom + 40, say("report.throughput"), out);
}

std::string latency_plot(const Comparison& c, Say say) {
  const double left = 58, top = 30, bottom = 330;
  const double right = kPlotWidth - widest_label(c, say) - 24;
  double samples = 0, largest = 0;
  for (const auto& row : c.rows) {
    samples = std::max(samples, static_cast<double>(row.latency.count()));
    largest = std::max(largest, latency_ms(c, row, 100));
  }
  // The rarest event that so many samples can show.
  const double last = std::max(1.0, std::log10(std::max(samples, 10.0)));
  auto x = [&](double percent) { return left + (right - left) * nines(percent) / last; };
  auto marks = ticks(largest, 6);
  auto y = [&](double ms) { return bottom - (bottom - top) * ms / marks.back(); };

  std::string out;
  for (double mark : marks) {
    out += line(left, y(mark), right, y(mark), mark == 0 ? "axis" : "grid");
    out += text(left - 8, y(mark) + 4, number(mark, 0), "t small", "end");
  }
  for (double percent : {0.0, 50.0, 90.0, 99.0, 99.9, 99.99}) {
    if (nines(percent) > last) break;
    out += line(x(percent), top, x(percent), bottom + 4, "grid");
    out += text(x(percent), bottom + 18,
                number(percent, percent > 99.9 ? 2
                                : percent > 99 ? 1
                                               : 0),
                "t small", "middle");
  }
  out += text(right, bottom + 36, say("report.percentile_axis"), "t small", "end");
  out += text(left - 8, top - 14, say("report.latency_axis"), "t small", "end");

  std::vector<double> ends;
  for (std::size_t i = 0; i < c.rows.size(); ++i) {
    const Row& row = c.rows[i];
    std::string points;
    constexpr int kSteps = 120;
    double row_last =
        std::min(last, std::log10(std::max(10.0, static_cast<double>(row.latency.count()))));
    for (int step = 0; step <= kSteps; ++step) {
      double reached = row_last * step / kSteps;
      // The last point is the slowest request, which is where the label stands.
      double percent = step == kSteps ? 100 : 100 * (1 - std::pow(10, -reached));
      points += px(left + (right - left) * reached / last) + ',' +
                px(y(latency_ms(c, row, percent))) + ' ';
    }
    const std::size_t dash = (i + i / kHues) % 4;  // no two rows share hue and dash
    out += "<polyline class=\"line s" + std::to_string(i % kHues) + " d" + std::to_string(dash) +
           "\" points=\"" + points + "\"/>\n";
    ends.push_back(y(latency_ms(c, row, 100)));
  }
  // Labels stand beside the ends of their lines, moved apart where ends meet.
  auto places = spread_labels(ends, 17, top + 4, bottom);
  for (std::size_t i = 0; i < c.rows.size(); ++i) {
    std::string style = " s" + std::to_string(i % kHues);
    out += line(right + 1, ends[i], right + 12, places[i], "lead" + style);
    out += text(right + 16, places[i] + 4, full_label(c, c.rows[i].spec, say),
                ("t key" + style).c_str());
  }
  return figure(bottom + 44, say("report.latency"), out);
}

}  // namespace weft::labs::compare
