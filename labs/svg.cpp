// SPDX-License-Identifier: BSL-1.0
#include "labs/svg.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "labs/columns.hpp"

namespace weft::labs::svg {

std::string px(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

std::string text(double x, double y, std::string_view words, const char* style,
                 const char* anchor) {
  return "<text class=\"" + std::string(style) + "\" x=\"" + px(x) + "\" y=\"" + px(y) +
         "\" text-anchor=\"" + anchor + "\">" + escaped(words) + "</text>\n";
}
std::string line(double x1, double y1, double x2, double y2, const std::string& style) {
  return "<line class=\"" + style + "\" x1=\"" + px(x1) + "\" y1=\"" + px(y1) + "\" x2=\"" +
         px(x2) + "\" y2=\"" + px(y2) + "\"/>\n";
}
std::string rect(double x, double y, double w, double h, const char* style) {
  return "<rect class=\"" + std::string(style) + "\" x=\"" + px(x) + "\" y=\"" + px(y) +
         "\" width=\"" + px(w) + "\" height=\"" + px(h) + "\" rx=\"2\"/>\n";
}
std::string figure(double height, const std::string& title, const std::string& inside) {
  return "<svg viewBox=\"0 0 " + px(kPlotWidth) + ' ' + px(height) + "\" role=\"img\">\n<title>" +
         escaped(title) + "</title>\n" + inside + "</svg>\n";
}

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::vector<double> ticks(double largest, int wanted) {
  double rough = std::max(largest, 1e-9) / wanted;
  double power = std::pow(10, std::floor(std::log10(rough)));
  double step = power * 10;
  for (double nice : {5.0, 2.0, 1.0})
    if (nice * power >= rough) step = nice * power;
  std::vector<double> out;
  for (int i = 0; i < 2 || out.back() < largest; ++i) out.push_back(i * step);
  return out;
}

std::vector<double> spread_labels(std::vector<double> at, double gap, double low, double high) {
  std::vector<std::size_t> order(at.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return at[a] < at[b]; });
  double next = low;
  for (auto i : order) next = (at[i] = std::max(at[i], next)) + gap;
  next = high;  // pushed out at the bottom: shove back up
  for (auto i = order.rbegin(); i != order.rend(); ++i)
    next = (at[*i] = std::min(at[*i], next)) - gap;
  return at;
}

double nines(double percent) {
  return -std::log10(1 - percent / 100);
}

Axis linear(double largest, int wanted) {
  Axis axis;
  const auto marks = ticks(largest, wanted);
  const double top = marks.back();
  axis.at = [top](double value) { return std::clamp(value / top, 0.0, 1.0); };
  for (double mark : marks) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", mark);
    axis.marks.emplace_back(mark, text);
  }
  return axis;
}

Axis powers_of_ten(double smallest, double largest) {
  const double low = std::floor(std::log10(std::max(smallest, 1e-9)));
  const double high = std::max(low + 1, std::ceil(std::log10(std::max(largest, 1e-9))));
  Axis axis;
  axis.at = [low, high](double value) {
    return std::clamp((std::log10(std::max(value, 1e-9)) - low) / (high - low), 0.0, 1.0);
  };
  for (double power = low; power <= high; ++power) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", std::pow(10, power));
    axis.marks.emplace_back(std::pow(10, power), text);
  }
  return axis;
}

std::string line_plot(const std::string& title, const Axis& x, const Axis& y,
                      const std::vector<Series>& series, double height) {
  std::size_t widest = 0;
  for (const auto& s : series) widest = std::max(widest, columns(s.label));
  const double left = 58, right = kPlotWidth - kColumn * static_cast<double>(widest) - 24;
  const double top = 30, bottom = height - 44;
  auto px_of = [&](double value) { return left + (right - left) * x.at(value); };
  auto py_of = [&](double value) { return bottom - (bottom - top) * y.at(value); };

  std::string out;
  for (std::size_t i = 0; i < y.marks.size(); ++i) {
    const double at = py_of(y.marks[i].first);
    out += line(left, at, right, at, i == 0 ? "axis" : "grid");
    out += text(left - 8, at + 4, y.marks[i].second, "t small", "end");
  }
  for (const auto& [value, words] : x.marks) {
    out += line(px_of(value), top, px_of(value), bottom + 4, "grid");
    out += text(px_of(value), bottom + 18, words, "t small", "middle");
  }
  out += text(right, bottom + 36, x.title, "t small", "end");
  out += text(left - 8, top - 14, y.title, "t small", "start");
  std::vector<double> ends;
  for (const auto& s : series) {
    std::string points;
    for (auto [at, value] : s.points) points += px(px_of(at)) + ',' + px(py_of(value)) + ' ';
    out += "<polyline class=\"line s" + std::to_string(s.hue % kHues) + " d" +
           std::to_string(s.dash % 4) + "\" points=\"" + points + "\"/>\n";
    ends.push_back(s.points.empty() ? bottom : py_of(s.points.back().second));
  }
  // Labels stand beside the ends of their lines, moved apart where ends meet.
  const auto places = spread_labels(ends, 17, top + 4, bottom);
  for (std::size_t i = 0; i < series.size(); ++i) {
    const std::string hue = " s" + std::to_string(series[i].hue % kHues);
    const double end = series[i].points.empty() ? right : px_of(series[i].points.back().first);
    out += line(end + 1, ends[i], right + 12, places[i], "lead" + hue);
    out += text(right + 16, places[i] + 4, series[i].label, ("t key" + hue).c_str());
  }
  return figure(height, title, out);
}

}  // namespace weft::labs::svg
