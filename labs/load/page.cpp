// SPDX-License-Identifier: BSL-1.0
#include "labs/load/page.hpp"

#include <algorithm>
#include <cmath>

#include "labs/load/screen.hpp"
#include "labs/page_style.hpp"
#include "labs/svg.hpp"

namespace weft::labs::load {
namespace {

using svg::escaped;
using svg::Series;

std::string element(const char* name, const std::string& inside, const char* attributes = "") {
  return '<' + std::string(name) + attributes + '>' + inside + "</" + name + ">\n";
}

std::string page(const std::string& title, const std::string& what, const std::string& body,
                 const Say& say) {
  const bool zh = say.language() == Language::zh;
  return "<!doctype html>\n<html lang=\"" + std::string(zh ? "zh" : "en") +
         "\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
         element("title", escaped(title) + " – weft load") + element("style", kReportStyle) +
         "</head>\n<body>\n" + element("h1", escaped(title)) +
         element("p", escaped(what), " class=\"soft\"") + body + "</body>\n</html>\n";
}

std::string figure(const std::string& title, const std::string& plot, const std::string& caption) {
  return element("h2", escaped(title)) +
         element("figure", plot + element("figcaption", escaped(caption)));
}

struct Rows {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> cells;
};
std::string table(const Rows& rows) {
  std::string head, body;
  for (const auto& h : rows.head) head += element("th", escaped(h));
  for (const auto& row : rows.cells) {
    std::string line;
    for (const auto& cell : row) line += element("td", escaped(cell));
    body += element("tr", line);
  }
  return element("div",
                 element("table", element("thead", element("tr", head)) + element("tbody", body)),
                 " class=\"wide\"");
}

// A histogram over percentiles, to the rarest that so many samples can show.
Series percentiles_of(const Histogram& h, std::string label, std::size_t hue, std::size_t dash) {
  Series s{std::move(label), {}, hue, dash};
  const double last = std::log10(std::max(10.0, static_cast<double>(h.count())));
  constexpr int kSteps = 160;
  for (int step = 0; step <= kSteps; ++step) {
    const double at = last * step / kSteps;
    const double percent = step == kSteps ? 100 : 100 * (1 - std::pow(10, -at));
    s.points.emplace_back(at, static_cast<double>(h.percentile(percent)) / 1e6);
  }
  return s;
}

std::string latency_figure(const Job& job, const std::vector<Result>& results, const Say& say) {
  std::vector<Series> series;
  double low = 1e12, high = 0, last = 1;
  for (std::size_t v = 0; v < results.size(); ++v) {
    const Outcome& o = results[v].all;
    if (o.service.count() == 0) continue;
    const std::string name = results.size() > 1 ? name_of(job, v) + ", " : "";
    series.push_back(percentiles_of(o.latency, name + say("load.col_latency"), v, 0));
    series.push_back(percentiles_of(o.service, name + say("load.col_service"), v, 1));
    low = std::min(low, static_cast<double>(o.service.min()) / 1e6);
    high = std::max(high, static_cast<double>(o.latency.max()) / 1e6);
    last = std::max(last, std::log10(static_cast<double>(o.latency.count())));
  }
  svg::Axis x;
  x.at = [last](double at) { return std::clamp(at / last, 0.0, 1.0); };
  x.title = say("report.percentile_axis");
  for (double percent : {0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999})
    if (svg::nines(percent) <= last) x.marks.emplace_back(svg::nines(percent), plain(percent));
  svg::Axis y = svg::powers_of_ten(low, high);
  y.title = say("report.latency_axis");
  const std::string title = say("report.latency");
  return figure(title, svg::line_plot(title, x, y, series, 374), say("load.latency_caption"));
}

std::string with_half(const Result& r, const char* name) {
  const Measure& m = measure(name);
  const Estimate e = r.of(m);
  return text_of(e.mean, m.unit) + (e.half ? " ± " + text_of(*e.half, m.unit) : "");
}

// The three plots of a sweep.
std::string sweep_figures(const Job& job, const Sweep& s, const Say& say) {
  std::vector<Series> latency, rate, cpu;
  double low = 1e12, high = 0, most = 0, busiest = 0;
  for (std::size_t v = 0; v < s.capacity.size(); ++v) {
    const std::string name = s.capacity.size() > 1 ? name_of(job, v) + ", " : "";
    Series p50{name + "p50", {}, v, 1}, p99{name + "p99", {}, v, 0};
    Series came{name + say("load.col_came"), {}, v, 0}, used{name + say("load.col_cpu"), {}, v, 0};
    for (const auto& step : s.steps) {
      if (v >= step.trials.size()) continue;
      const Trial& t = step.trials[v];
      const double x = 100 * step.share;
      p50.points.emplace_back(x, measure("p50").of(t.out));
      p99.points.emplace_back(x, measure("p99").of(t.out));
      came.points.emplace_back(x, t.out.rps());
      if (t.server_cpu) used.points.emplace_back(x, 100 * *t.server_cpu);
      low = std::min(low, p50.points.back().second);
      high = std::max(high, p99.points.back().second);
      most = std::max({most, t.out.rps(), step.rate});
      busiest = std::max(busiest, 100 * t.server_cpu.value_or(0));
    }
    latency.insert(latency.end(), {p50, p99});
    rate.push_back(came);
    if (!used.points.empty()) cpu.push_back(used);
  }
  Series asked{say("load.col_asked"), {}, 7, 2};
  for (const auto& step : s.steps) asked.points.emplace_back(100 * step.share, step.rate);
  rate.push_back(asked);

  svg::Axis x;
  x.at = [](double percent) { return std::clamp(percent / 120, 0.0, 1.0); };
  for (int percent = 0; percent <= 120; percent += 20)
    x.marks.emplace_back(percent, std::to_string(percent) + "\u00a0%");
  x.title = say("load.share_axis");
  auto plot = [&](const std::string& title, svg::Axis y, const std::string& unit,
                  const std::vector<Series>& series, const std::string& caption) {
    y.title = unit;
    return figure(title, svg::line_plot(title, x, y, series, 264), caption);
  };
  std::string out = plot(say("report.latency"), svg::powers_of_ten(low, high),
                         say("report.latency_axis"), latency, say("load.sweep_latency"));
  out += plot(say("report.throughput"), svg::linear(most, 5), say("report.rate_axis"), rate,
              say("load.sweep_rate"));
  if (cpu.empty()) return out + element("p", escaped(say("load.no_cpu")), " class=\"soft\"");
  return out +
         plot(say("load.server_cpu"), svg::linear(busiest, 5), "%", cpu, say("load.sweep_cpu"));
}

}  // namespace

std::string to_html(const Job& job, const std::vector<Result>& results, const Say& say) {
  std::string body = latency_figure(job, results, say), sentences;
  for (const auto& sentence : comparisons(job, results, say))
    sentences += element("li", escaped(sentence));
  if (!sentences.empty()) body += element("ol", sentences);
  Rows rows{{"", say("load.rps"), "p50", "p90", "p99", "max", say("load.col_service") + " p99",
             say("load.col_cpu"), say("load.col_errors"), say("load.col_available"),
             say("load.col_runs")},
            {}};
  for (std::size_t v = 0; v < results.size(); ++v) {
    const Result& r = results[v];
    std::vector<std::string> cells = {name_of(job, v)};
    for (const char* m : {"rps", "p50", "p90", "p99", "max", "service-p99"})
      cells.push_back(with_half(r, m));
    cells.push_back(r.server_cpu ? shown(100 * *r.server_cpu, 0) + "\u00a0%" : "–");
    cells.push_back(std::to_string(r.all.failures()));
    cells.push_back(percent_text(100 * r.all.availability.share()));
    cells.push_back(r.valid() ? std::to_string(r.runs.size()) : say("load.none_valid"));
    rows.cells.push_back(cells);
  }
  body += table(rows) + element("p", escaped(say("load.table_caption")), " class=\"soft note\"");
  return page(say("load.title"), described(job, say), body, say);
}

std::string to_html(const Job& job, const Sweep& s, const Say& say) {
  std::string body = sweep_figures(job, s, say);
  Rows rows{{"", say("load.col_share"), say("load.col_asked"), say("load.col_came"), "p50", "p99",
             say("load.col_service") + " p99", say("load.col_cpu"), say("load.col_errors"),
             say("load.col_lag")},
            {}};
  for (std::size_t v = 0; v < s.capacity.size(); ++v)
    for (const auto& step : s.steps) {
      if (v >= step.trials.size()) continue;
      const Trial& t = step.trials[v];
      auto value = [&](const char* name) {
        return text_of(measure(name).of(t.out), measure(name).unit);
      };
      rows.cells.push_back(
          {name_of(job, v), shown(100 * step.share, 0) + "\u00a0%", shown(step.rate, 0),
           shown(t.out.rps(), 0), value("p50"), value("p99"), value("service-p99"),
           t.server_cpu ? shown(100 * *t.server_cpu, 0) + "\u00a0%" : "–",
           std::to_string(t.out.failures()), value("lag") + (t.out.valid() ? "" : " !")});
    }
  body += table(rows) + element("p", escaped(say("load.sweep_late")), " class=\"soft note\"");
  return page(say("load.sweep_title"), described(job, say), body, say);
}

}  // namespace weft::labs::load
