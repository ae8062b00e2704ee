/** The report's style sheet: light or dark as the reader has it, wide or narrow. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ground: #fbfbf9; --card: #fff; --ink: #1d2127; --quiet: #626b78;
  --rule: #e2e4e8; --own: #3f6fe0; --hit: #1f7a3d; --hit-ground: #e2f3e7; --miss: #a8341f;
  --miss-ground: #fae6e1; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171c; --card: #1c2027; --ink: #e4e7ec;
  --quiet: #98a2b1; --rule: #323843; --own: #84a7ff; --hit: #79d396; --hit-ground: #1d3426;
  --miss: #ff9d89; --miss-ground: #40231d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 1360px; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.3rem; margin: 3rem 0 .15rem; }
h3 { font-size: 1rem; margin: 0 0 .6rem; }
p { margin: .25rem 0 1rem; max-width: 75ch; }
.quiet { color: var(--quiet); }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1rem; margin: 1rem 0; }
a { color: var(--own); }
.cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 560px), 1fr)); }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 1rem;
  min-width: 0; margin: 0; }
.scroll { overflow-x: auto; }
.plot { overflow-x: auto; }
.plot svg { max-width: 100%; min-width: 400px; height: auto; display: block; }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1rem; list-style: none; margin: .5rem 0; padding: 0;
  font-size: .82rem; }
.legend i { display: inline-block; width: .75rem; height: .75rem; border-radius: 3px; margin-right: .4rem; }
table { border-collapse: collapse; width: 100%; font-size: .8rem; font-variant-numeric: tabular-nums; }
th, td { padding: .28rem .42rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--rule); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th { color: var(--quiet); font-weight: 600; }
tr.own td { font-weight: 650; color: var(--own); }
tr.hit td:last-child { color: var(--hit); } tr.miss td:last-child { color: var(--miss); font-weight: 650; }
.reach td:first-child { white-space: normal; min-width: 18rem; }
.badges { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1rem 0; }
.badge { border-radius: 99px; padding: .15rem .8rem; font-weight: 600; }
.badge.hit { color: var(--hit); background: var(--hit-ground); }
.badge.miss { color: var(--miss); background: var(--miss-ground); }
.badge.none { color: var(--quiet); border: 1px solid var(--rule); }
.note { font-size: .86rem; color: var(--miss); margin: .5rem 0 0; overflow-wrap: anywhere; }
`;
