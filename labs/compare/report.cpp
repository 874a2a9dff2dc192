// SPDX-License-Identifier: BSL-1.0
#include "labs/compare/report.hpp"

#include <functional>
#include <vector>

#include "labs/compare/findings.hpp"
#include "labs/compare/plots.hpp"
#include "labs/compare/screen.hpp"
#include "labs/page_style.hpp"
#include "labs/trace/page.hpp"

namespace weft::labs::compare {
namespace {

std::string element(const char* name, const std::string& inside,
                    const std::string& attributes = "") {
  return "<" + std::string(name) + attributes + ">" + inside + "</" + name + ">";
}

// The part of `text` from "./weft" on is a command.
std::string with_code(const std::string& text) {
  auto at = text.find("./weft");
  if (at == text.npos) return escaped(text);
  return escaped(text.substr(0, at)) + element("code", escaped(text.substr(at)));
}

std::string sentences(const Comparison& c, Say say) {
  std::string items;
  for (const auto& f : findings(c, say)) {
    std::string text = escaped(f.text);
    if (!f.hint.empty()) text += " <span class=\"soft try\">" + with_code(f.hint) + "</span>";
    items += element("li", text, f.held ? "" : " class=\"not\"") + '\n';
  }
  return element("ol", items);
}

struct Column {
  std::string title;
  std::function<std::string(const Row&)> cell;
};

std::string table(const Comparison& c, Say say, const std::vector<Column>& columns) {
  std::string head = element("th", ""), body;
  for (const auto& column : columns) head += element("th", escaped(column.title));
  for (const auto& row : c.rows) {
    std::string cells = element("td", escaped(full_label(c, row.spec, say)));
    for (const auto& column : columns) cells += element("td", escaped(column.cell(row)));
    body += element("tr", cells) + '\n';
  }
  std::string all = element("thead", element("tr", head)) + element("tbody", body);
  // Scrolled by keys where it is too wide for the window.
  return element("div", element("table", all), " class=\"wide wider\" tabindex=\"0\"") + '\n';
}

std::string made_by(const Comparison& c, Say say) {
  return escaped(say(
      "report.made_by",
      {{"version", c.version}, {"seed", std::to_string(c.setup.seed)}, {"command", c.command}}));
}

std::string percent(double share) {
  return number(100 * share, 0) + "\u00a0%";
}

std::string throughput_table(const Comparison& c, Say say) {
  auto predicted = [](double Prediction::*which) {
    return [which](const Row& r) {
      return r.predicted ? number((*r.predicted).*which) : std::string("–");
    };
  };
  return table(c, say,
               {{say("compare.lwps"), [](const Row& r) { return lwps(r.spec); }},
                {say("report.col_predicted"), predicted(&Prediction::rps)},
                {say("report.col_mva"), predicted(&Prediction::mva_rps)},
                {say("report.col_bound"), predicted(&Prediction::bound_rps)},
                {say("report.col_measured"), [](const Row& r) { return number(r.rps_median()); }},
                {say("report.col_range"),
                 [](const Row& r) { return number(r.rps_min()) + "–" + number(r.rps_max()); }},
                {say("report.col_cpu"), [](const Row& r) { return percent(r.utilisation()); }},
                {say("report.col_idle"), [](const Row& r) { return percent(r.idle_share()); }}});
}

std::string latency_table(const Comparison& c, Say say) {
  auto ms = [&](lwp::os::Nanos t) {
    return number(static_cast<double>(t) / 1e6 * c.setup.scale, 0);
  };
  auto percentile = [&](double percent) {
    return [ms, percent](const Row& r) {
      return r.latency.resolves(percent) ? ms(r.latency.percentile(percent)) : "–";
    };
  };
  return table(
      c, say,
      {{say("report.col_samples"), [](const Row& r) { return grouped(r.latency.count()); }},
       {say("report.col_p50"), percentile(50)},
       {say("report.col_p90"), percentile(90)},
       {say("report.col_p99"), percentile(99)},
       {say("report.col_max"), [&](const Row& r) { return ms(r.latency.max()); }},
       {say("report.col_switches"), [](const Row& r) { return number(r.switches_per_request()); }},
       {say("report.col_memory"),
        [](const Row& r) { return number(static_cast<double>(r.counted.rss_kb) / 1024); }},
       {say("report.col_errors"), [](const Row& r) { return grouped(r.errors); }}});
}

// Eight reads long, where every server has had its first, and the first recording stands still for
// most of it: on a busy machine not every part shows what a read costs.
std::pair<trace::Nanos, trace::Nanos> view_of(const Comparison& c) {
  trace::Nanos first = 0;
  for (const auto& r : c.recorded) {
    if (r.model.calls.empty()) continue;
    first = std::max(first, r.model.calls.front().begin - r.model.recording.began);
  }
  const auto disk = static_cast<trace::Nanos>(c.setup.network.disk_ms * 1e6 / c.setup.scale);
  const trace::Model& m = c.recorded.front().model;
  auto blocked_from = [&](trace::Nanos begin) {
    trace::Nanos sum = 0;
    for (const auto& call : m.calls) {
      const trace::Nanos from = std::max(call.begin - m.recording.began, begin);
      const trace::Nanos to = std::min(call.end - m.recording.began, begin + 8 * disk);
      sum += std::max<trace::Nanos>(to - from, 0);
    }
    return sum;
  };
  trace::Nanos best = first + 4 * disk, most = 0;
  for (const auto& call : m.calls) {
    const trace::Nanos begin = call.begin - m.recording.began - disk / 2;
    if (begin < first + disk || begin + 8 * disk > m.length()) continue;
    if (const trace::Nanos sum = blocked_from(begin); sum > most) most = sum, best = begin;
  }
  return {best, best + 8 * disk};
}

trace::Part lanes(const Comparison& c, const Say& say) {
  std::vector<trace::Shown> shown;
  for (const auto& r : c.recorded) {
    shown.push_back({&r.model, trace::summarize(r.model, say), full_label(c, r.spec, say)});
  }
  const auto [begin, end] = view_of(c);
  return trace::part_of_page(shown, begin, end, say);
}

}  // namespace

std::string to_html(const Comparison& c, Say say) {
  const bool zh = say.language() == Language::zh;
  auto setup = setup_lines(c, say);
  const trace::Part recorded = c.recorded.empty() ? trace::Part{} : lanes(c, say);
  const std::string scale = number(c.setup.scale, c.setup.scale < 1 ? 1 : 0);
  std::string out = "<!doctype html>\n<html lang=\"" + std::string(zh ? "zh" : "en") +
                    "\">\n<head>\n<meta charset=\"utf-8\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
                    element("title", escaped(say("compare.title") + " – weft compare")) + "\n" +
                    element("style", recorded.style + kReportStyle) + "\n</head>\n<body>\n";
  out += element("h1", escaped(say("compare.title"))) + '\n';
  out += element("p", escaped(setup[0] + (zh ? "" : " ") + setup[1]), " class=\"soft\"") + '\n';
  if (!c.setup.own_core) out += element("p", escaped(say("compare.one_core"))) + '\n';
  if (has_one_head(c))
    out += element("p", escaped(say("compare.idle_one_head")), " class=\"soft\"") + '\n';
  auto figure = [&](const std::string& title, const std::string& plot, const std::string& caption) {
    out += element("h2", escaped(title)) + '\n';
    out += element("figure", plot + element("figcaption", escaped(caption))) + '\n';
  };
  if (!recorded.body.empty()) {
    out += element("p", escaped(say("compare.recorded", {{"scale", scale}})), " class=\"wider\"") +
           '\n' + recorded.body;
  }
  figure(say("report.throughput"), throughput_plot(c, say), say("report.throughput_caption"));
  out += sentences(c, say) + '\n' + throughput_table(c, say);
  figure(say("report.latency"), latency_plot(c, say),
         say("report.latency_caption", {{"rate", number(c.setup.open_rps, 0)}}));
  out += latency_table(c, say);
  out += element("p", escaped(say("report.numbers_caption", {{"scale", scale}})),
                 " class=\"soft note\"") +
         '\n';
  out += element("footer", escaped(provenance(c, say)) + "<br>" + made_by(c, say) + "<br>" +
                               with_code(next_step(c, say))) +
         '\n';
  return out + "</body>\n</html>\n";
}

}  // namespace weft::labs::compare
