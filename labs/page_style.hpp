// SPDX-License-Identifier: BSL-1.0
// The style sheet of reports with plots (labs/svg.hpp): light and dark as the reader's system has
// it, and for print.
#pragma once

namespace weft::labs {

// Hues of M. Okabe and K. Ito, which people with any colour vision tell apart, darkened a little on
// paper and lightened on black; lines differ in their dashes too.
inline constexpr const char* kReportStyle = R"css(
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
#weft { padding-bottom: 0; } #weft h2 { font-size: 1rem; margin: 0; }
footer { font-size: .875rem; margin-top: 2.4rem; border-top: 1px solid var(--rule); padding-top: .8rem; }
)css";

}  // namespace weft::labs
