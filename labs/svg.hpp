// SPDX-License-Identifier: BSL-1.0
// Plots as SVG elements to stand inside a page. Colours and fonts come from the page's style sheet
// by class (labs/page_style.hpp), so that dark mode and print restyle them too.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::labs::svg {

inline constexpr double kPlotWidth = 720;
inline constexpr std::size_t kHues = 8;  ///< --s0 to --s7 in labs/page_style.hpp
inline constexpr double kColumn = 6.9;   ///< pixels a column of text takes, at 13 px

std::string px(double value);
/// `anchor` is start, middle or end.
std::string text(double x, double y, std::string_view words, const char* style = "t",
                 const char* anchor = "start");
std::string line(double x1, double y1, double x2, double y2, const std::string& style);
std::string rect(double x, double y, double w, double h, const char* style);
/// The whole plot.
std::string figure(double height, const std::string& title, const std::string& inside);

/// Text for HTML and SVG: & < > " escaped.
std::string escaped(std::string_view text);

/// Round numbers from 0 to at least `largest`, about `wanted` of them.
std::vector<double> ticks(double largest, int wanted);

/// Moves positions apart to at least `gap`, keeping their order, within [low, high] if they fit.
std::vector<double> spread_labels(std::vector<double> at, double gap, double low, double high);

/// Where a percentile stands on an axis on which 90, 99 and 99.9 are equally far apart.
double nines(double percent);

/// Where values stand, from 0 to 1, and which are named.
struct Axis {
  std::function<double(double)> at;
  std::vector<std::pair<double, std::string>> marks;
  std::string title;
};
Axis linear(double largest, int wanted);
Axis powers_of_ten(double smallest, double largest);

struct Series {
  std::string label;
  std::vector<std::pair<double, double>> points;
  std::size_t hue = 0, dash = 0;
};
/// Lines with their labels beside their ends.
std::string line_plot(const std::string& title, const Axis& x, const Axis& y,
                      const std::vector<Series>& series, double height);

}  // namespace weft::labs::svg
