"""How the report looks: light and dark by the reader's own setting, and ink on paper."""

from __future__ import annotations

from typing import Final

# Contrast of text is at least 4.5 to 1 on its ground in both; parts of charts at least 3 to 1.
# They also differ in lightness, so that they can be told apart without colour.
_LIGHT: Final = """
  --ground: #f6f7f9; --card: #ffffff; --ink: #16202c; --soft: #4b5a6b; --rule: #d8dee6;
  --machine: #1f5fa8; --retry: #b45309; --waiting: #8795a6; --range: #a9c4e6;
  --good: #1b7f4b; --fair: #b7860b; --poor: #b3261e; --dot: #1f5fa8; --median: #16202c;
  --area: #dce8f6;
"""
_DARK: Final = """
  --ground: #0f141a; --card: #182029; --ink: #e8edf3; --soft: #a7b4c3; --rule: #313d4a;
  --machine: #6fb0f5; --retry: #f0a04b; --waiting: #66778a; --range: #34597f;
  --good: #4cc38a; --fair: #e2b93b; --poor: #ff7b72; --dot: #6fb0f5; --median: #ffffff;
  --area: #1f3347;
"""

STYLE: Final = f"""
:root {{ color-scheme: light dark; {_LIGHT} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }}
main {{ max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }}
h1 {{ font-size: 1.6rem; line-height: 1.2; margin: 0 0 .25rem; }}
h2 {{ font-size: 1.15rem; margin: 2.25rem 0 .75rem; }}
h3 {{ font-size: 1rem; margin: 0; }}
p {{ margin: 0 0 .75rem; max-width: 46rem; overflow-wrap: anywhere; }}
a {{ color: var(--machine); }}
.soft {{ color: var(--soft); }}
.tiles {{ display: grid; gap: .75rem; margin: 1.25rem 0 0; padding: 0; list-style: none;
  grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); }}
.tiles li, figure, .note {{ background: var(--card); border: 1px solid var(--rule);
  border-radius: .5rem; padding: .75rem 1rem; }}
.tiles + p, .note + p {{ margin-top: .75rem; }}
.tiles b {{ display: block; font-size: 1.4rem; line-height: 1.25; }}
.tiles span {{ display: block; color: var(--soft); font-size: .85rem; }}
.tiles .said {{ color: var(--ink); }}
.tiles .good {{ border-left: .35rem solid var(--good); }}
.tiles .fair {{ border-left: .35rem solid var(--fair); }}
.tiles .poor {{ border-left: .35rem solid var(--poor); }}
.charts {{ display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); }}
figure {{ margin: 0; break-inside: avoid; }}
figcaption p {{ margin: .1rem 0 .4rem; font-size: .9rem; color: var(--soft); }}
.legend {{ display: flex; flex-wrap: wrap; gap: .1rem 1rem; margin: .35rem 0 0; padding: 0;
  list-style: none; font-size: .8rem; color: var(--soft); }}
.legend svg {{ width: 1rem; height: .7rem; margin-right: .35rem; display: inline-block; }}
svg {{ display: block; width: 100%; height: auto; }}
svg text {{ font: 13px system-ui, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--soft); }}
svg .value {{ fill: var(--ink); }}
svg .target-text {{ fill: var(--good); }} svg .alarm-text {{ fill: var(--poor); }}
svg .target-text, svg .alarm-text {{ paint-order: stroke; stroke: var(--card); stroke-width: 4px; }}
path {{ fill: none; }}
.grid {{ stroke: var(--rule); }} .axis {{ stroke: var(--soft); }}
.target {{ stroke: var(--good); stroke-width: 1.5; stroke-dasharray: 6 4; }}
.alarm {{ stroke: var(--poor); stroke-width: 1.5; stroke-dasharray: 2 3; }}
.dot {{ stroke: var(--dot); stroke-width: 5; stroke-linecap: round; stroke-opacity: .55; }}
.median {{ stroke: var(--median); stroke-width: 2; stroke-linejoin: round; }}
.open {{ stroke: var(--machine); stroke-width: 2; }} path.area {{ fill: var(--area); }}
rect.machine {{ fill: var(--machine); }} rect.retry {{ fill: var(--retry); }}
rect.waiting {{ fill: var(--waiting); }} rect.range {{ fill: var(--range); }}
rect.good {{ fill: var(--good); }} rect.fair {{ fill: var(--fair); }}
rect.poor {{ fill: var(--poor); }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-size: .9rem; width: 100%; margin: 0 0 1.5rem;
  font-variant-numeric: tabular-nums; }}
caption {{ text-align: left; font-weight: 600; padding: .25rem 0; }}
th, td {{ text-align: right; padding: .25rem .6rem; border-bottom: 1px solid var(--rule); }}
td, thead th {{ white-space: nowrap; }}
th:first-child {{ text-align: left; padding-left: 0; overflow-wrap: anywhere; min-width: 5.5rem; }}
thead th {{ color: var(--soft); font-weight: 600; }}
tbody th {{ font-weight: 400; }}
@media (max-width: 30rem) {{ th, td {{ padding: .25rem .3rem; }} table {{ font-size: .8rem; }} }}
@media print {{
  :root {{ color-scheme: light; {_LIGHT} --ground: #ffffff; }}
  @page {{ margin: 14mm 12mm; }}
  body {{ font-size: 10.5pt; }}
  main {{ max-width: none; padding: 0; }}
  .tiles {{ grid-template-columns: repeat(5, 1fr); gap: 6px; }}
  .tiles li {{ padding: 6px 8px; }} .tiles span {{ font-size: 8pt; }}
  .tiles b {{ font-size: 12pt; }}
  figcaption p {{ font-size: 8.5pt; }} figure {{ padding: 8px 10px; }}
  h2 {{ margin: 14px 0 6px; }} table {{ font-size: 8.5pt; margin-bottom: 10px; }}
  .wide {{ overflow: visible; }}
  .charts {{ grid-template-columns: 1fr 1fr; gap: 8px; }}
  h2, caption, thead {{ break-after: avoid; }}
  tr, .tiles li {{ break-inside: avoid; }}
  * {{ print-color-adjust: exact; -webkit-print-color-adjust: exact; }}
}}
"""
