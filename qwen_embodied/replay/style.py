"""How the report looks: one sheet for light and dark, for wide and narrow screens."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

SHEET = """
:root {
  color-scheme: light dark;
  --page: #f4f5f2; --card: #ffffff; --ink: #1d2327; --soft: #5c666c; --line: #dcdfda;
  --recorded: #1f6fb2; --planned: #c25a12; --limit: #a33a3a;
  --fine: #2f7d4f; --poor: #b3392f; --note: #8a6a10; --fine-tint: #e3f1e7; --poor-tint: #f9e4e1;
  --note-tint: #f7efd6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14181b; --card: #1c2226; --ink: #e6e9e7; --soft: #9ba6ab; --line: #323a3f;
    --recorded: #6db3ee; --planned: #f09a58; --limit: #e07a74;
    --fine: #74c793; --poor: #f08d84; --note: #e2be5a; --fine-tint: #1d3527; --poor-tint: #412422;
    --note-tint: #383018;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', 'Noto Sans', sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
header p.small { margin: 0; }
h1 { font-size: 26px; line-height: 1.25; margin: 2px 0 10px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 38px 0 10px; }
h3 { font-size: 14px; margin: 18px 0 6px; color: var(--soft); font-weight: 600; }
p { margin: 6px 0; max-width: 78ch; overflow-wrap: anywhere; }
.small, figcaption, th { color: var(--soft); font-size: 13px; }
.badge { display: inline-block; padding: 2px 10px; border-radius: 4px; font-weight: 600; }
.badge.fine, td .fine { background: var(--fine-tint); color: var(--fine); }
.badge.poor, td .poor { background: var(--poor-tint); color: var(--poor); }
td .fine, td .poor, p .badge { padding: 1px 7px; border-radius: 3px; }
.box { border-left: 4px solid var(--note); background: var(--note-tint); padding: 8px 14px;
  margin: 12px 0; }
.box.poor { border-color: var(--poor); background: var(--poor-tint); }
.box ul { margin: 0; padding-left: 18px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 1px;
  background: var(--line); border: 1px solid var(--line); margin: 18px 0; }
.figures div { background: var(--card); padding: 10px 14px; }
.figures b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; }
.pictures { display: grid; grid-template-columns: repeat(3, 1fr); gap: 12px; }
figure { margin: 0; }
.pictures img { width: 100%; height: auto; display: block; border: 1px solid var(--line); }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(340px, 1fr)); gap: 12px; }
.plot { background: var(--card); border: 1px solid var(--line); padding: 8px 10px 4px; }
.chart { width: 100%; height: auto; display: block; }
.chart text { fill: var(--soft); font-size: 10px; }
.chart polyline { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
.chart .recorded { stroke: var(--recorded); }
.chart .planned { stroke: var(--planned); stroke-dasharray: 5 3; }
.chart .grid { stroke: var(--line); stroke-width: 0.7; }
.chart .limit { stroke: var(--limit); stroke-width: 1; stroke-dasharray: 2 3; }
.key span { display: inline-block; margin-right: 18px; }
.key i { display: inline-block; width: 22px; border-top: 3px solid; vertical-align: middle;
  margin-right: 6px; }
.band { display: flex; height: 18px; border: 1px solid var(--line); margin: 6px 0 12px; }
.band .fine { background: var(--fine); }
.band .poor { background: var(--poor); }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 12px; border-bottom: 1px solid var(--line);
  vertical-align: top; }
tr:last-child td { border-bottom: 0; }
th { font-weight: 600; white-space: nowrap; }
td.number, th.number { text-align: right; white-space: nowrap; }
ol.steps { margin: 6px 0; padding-left: 22px; }
.events { list-style: none; margin: 6px 0; padding: 0; }
.events li { display: grid; grid-template-columns: 70px 92px 1fr; gap: 8px; padding: 3px 0; }
.events li > :first-child { text-align: right; color: var(--soft);
  font-variant-numeric: tabular-nums; }
.events li > :nth-child(2) { color: var(--soft); }
details { margin: 10px 0; }
summary { cursor: pointer; color: var(--soft); }
pre { overflow-x: auto; background: var(--card); border: 1px solid var(--line); padding: 12px;
  font-size: 12.5px; }
@media (max-width: 700px) {
  main { padding: 18px 14px 40px; }
  h1 { font-size: 21px; }
  .pictures, .plots { grid-template-columns: 1fr; }
  .figures { grid-template-columns: repeat(2, 1fr); }
  .figures div:last-child:nth-child(odd) { grid-column: span 2; }
  th, td { padding: 5px 8px; }
  .events li { grid-template-columns: 52px 1fr; }
  .events li > :nth-child(3) { grid-column: 2; }
}
"""
