// SPDX-License-Identifier: BSL-1.0
#include "labs/compare/report.hpp"

#include <functional>
#include <vector>

#include "labs/compare/findings.hpp"
#include "labs/compare/plots.hpp"
#include "labs/compare/screen.hpp"
#include "labs/trace/page.hpp"

namespace weft::labs::compare {
namespace {

// Hues of M. Okabe and K. Ito, which people with any colour vision tell apart, darkened a little on
// paper and lightened on black; lines differ in their dashes too.
constexpr const char* kStyle = R"css(
:root { color-scheme: light dark;
  --paper:#fff; --ink:#1b1b1b; --soft:#5d5d5d; --rule:#e3e3e3; --bar:#0072b2; --goal:#d55e00; --goal-ink:#b84c00;
  --s0:#0072b2; --s1:#c04f00; --s2:#00795a; --s3:#a8487f; --s4:#8a6100; --s5:#1b1b1b;
  --s6:#6a3fb0; --s7:#777777; }
@media (prefers-color-scheme: dark) { :root {
  --paper:#16181b; --ink:#e9e9e7; --soft:#a5a7a9; --rule:#33373b; --bar:#3f9bd6; --goal:#ff9a52; --goal-ink:#ff9a52;
  --s0:#56b4e9; --s1:#ff9a52; --s2:#35c79c; --s3:#e59cc6; --s4:#f0c24a; --s5:#e9e9e7;
  --s6:#b79af0; --s7:#9a9a9a; } }
@media print { :root { color-scheme: light;
  --paper:#fff; --ink:#000; --soft:#444; --rule:#ccc; --bar:#0072b2; --goal:#d55e00; --goal-ink:#b84c00;
  --s0:#0072b2; --s1:#c04f00; --s2:#00795a; --s3:#a8487f; --s4:#8a6100; --s5:#000;
  --s6:#6a3fb0; --s7:#777777; }
  .bar { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  figure, table, ol { break-inside: avoid; } body { padding: 0 !important; font-size: 10.5pt; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.2rem 1.5rem 4rem; background: var(--paper);
  color: var(--ink); font: 16px/1.55 system-ui, "Noto Sans", "Noto Sans CJK SC", "PingFang SC",
  "Microsoft YaHei", "WenQuanYi Zen Hei", sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .4rem; text-wrap: balance; }
h2 { font-size: 1.1rem; margin: 2.4rem 0 .4rem; }
p { margin: .4rem 0; } .soft, figcaption, footer { color: var(--soft); }
figure { margin: .6rem 0 0; } figcaption { font-size: .875rem; margin-top: .3rem; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
.t { font-size: 13px; fill: var(--ink); } .small { font-size: 12px; fill: var(--soft); }
.strong, .predicted { font-variant-numeric: tabular-nums; } .predicted { fill: var(--goal-ink); }
.strong { font-weight: 600; }
.grid { stroke: var(--rule); } .axis { stroke: var(--soft); }
.bar { fill: var(--bar); } .goal { stroke: var(--goal); stroke-width: 3; }
.whisker { stroke: var(--ink); stroke-width: 1.5; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; } .lead { stroke-width: 1; opacity: .7; }
.s0 { stroke: var(--s0); } .s1 { stroke: var(--s1); } .s2 { stroke: var(--s2); }
.s3 { stroke: var(--s3); } .s4 { stroke: var(--s4); } .s5 { stroke: var(--s5); }
.s6 { stroke: var(--s6); } .s7 { stroke: var(--s7); }
.key { stroke: none; } .key.s0 { fill: var(--s0); } .key.s1 { fill: var(--s1); }
.key.s2 { fill: var(--s2); } .key.s3 { fill: var(--s3); } .key.s4 { fill: var(--s4); }
.key.s5 { fill: var(--s5); } .key.s6 { fill: var(--s6); } .key.s7 { fill: var(--s7); }
.d1 { stroke-dasharray: 7 4; } .d2 { stroke-dasharray: 2 3; } .d3 { stroke-dasharray: 9 3 2 3; }
ol { padding-left: 1.4rem; } li { margin: .5rem 0; } li.not { color: var(--soft); }
.try { display: inline-block; }
code { font: .9em ui-monospace, "DejaVu Sans Mono", monospace; white-space: nowrap; }
.wide { overflow-x: auto; }
.note { font-size: .875rem; margin-top: 1.2rem; }
table { margin-top: 1rem; border-collapse: collapse; font-size: .84rem; font-variant-numeric: tabular-nums; width: 100%; }
th { font-weight: 600; color: var(--soft); vertical-align: bottom; line-height: 1.25; }
td { white-space: nowrap; }
th, td { padding: .35rem .45rem; text-align: right; border-bottom: 1px solid var(--rule); }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; min-width: 9rem; }
.wide table { width: auto; min-width: min(57rem, 100%); margin-inline: auto; }
#weft, .wider { margin-inline: calc(50% - min(48vw, 50rem)); max-width: none; }
#weft { padding: 0 1.25rem; } #weft h2 { font-size: 1rem; margin: 0; }
footer { font-size: .875rem; margin-top: 2.4rem; border-top: 1px solid var(--rule); padding-top: .8rem; }
)css";

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
                    element("style", recorded.style + kStyle) + "\n</head>\n<body>\n";
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
