/** The style of the page; colours come in pairs, for light and for dark. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#ffffff, #16181d);
  --raised: light-dark(#f5f6f8, #1e2127);
  --line: light-dark(#dde0e6, #333842);
  --ink: light-dark(#1b1f27, #e2e5ec);
  --faint: light-dark(#5d6573, #9aa3b2);
  --accent: light-dark(#2f6feb, #79a8ff);
  --chosen: light-dark(#dbe8ff, #243a63);
  --user: light-dark(#16794b, #6bd49b);
  --assistant: light-dark(#2f5fc4, #8db4ff);
  --tool: light-dark(#8a5a00, #e0b265);
  --compaction: light-dark(#8b3fa8, #d59bf0);
  --damage: light-dark(#b42318, #ff8f85);
  --found: light-dark(#ffe69a, #6b5410);
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body {
  display: grid;
  grid-template: auto minmax(0, 1fr) / minmax(220px, 38%) minmax(0, 1fr);
  background: var(--ground);
  color: var(--ink);
  font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
}
button {
  font: inherit;
  color: inherit;
  background: var(--ground);
  border: 1px solid var(--line);
  border-radius: 6px;
  padding: 2px 9px;
  cursor: pointer;
}
button:hover { border-color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -1px; }
mark { background: var(--found); color: inherit; border-radius: 2px; }
.bar {
  grid-column: 1 / -1;
  display: flex;
  align-items: center;
  gap: 6px 14px;
  padding: 8px 14px;
  background: var(--raised);
  border-bottom: 1px solid var(--line);
}
.bar h1 { font-size: 15px; margin: 0; overflow-wrap: anywhere; }
.bar .tools { flex-wrap: wrap; }
.bar .facts { flex: 1 1 14em; color: var(--faint); font-size: 13px; }
.bar .tools { display: flex; align-items: center; gap: 6px; margin-left: auto; }
#search {
  font: inherit;
  color: inherit;
  width: 17em;
  padding: 3px 10px;
  background: var(--ground);
  border: 1px solid var(--line);
  border-radius: 6px;
}
#found { color: var(--faint); font-size: 13px; }
#found:empty { display: none; }
#outline { overflow: auto; border-right: 1px solid var(--line); padding: 4px 0; }
#outline:focus-visible { outline: none; }
#outline:focus-visible .row[aria-selected="true"] { outline: 2px solid var(--accent); outline-offset: -2px; }
#outline-space { position: relative; }
.row {
  position: absolute;
  inset-inline: 0;
  display: flex;
  align-items: center;
  gap: 6px;
  height: 26px;
  padding-right: 8px;
  font-size: 13px;
  white-space: nowrap;
  cursor: pointer;
}
.row:hover { background: var(--raised); }
.row[aria-selected="true"] { background: var(--chosen); }
.twisty { flex: 0 0 14px; text-align: center; color: var(--faint); }
.row .branch { color: var(--compaction); }
.label { font-weight: 600; color: var(--faint); }
.is-user .label { color: var(--user); }
.is-assistant .label { color: var(--assistant); }
.is-toolResult .label { color: var(--tool); }
.is-compaction .label { color: var(--compaction); }
.row .label { flex: none; max-width: 12em; overflow: hidden; text-overflow: ellipsis; }
.row .gist { flex: 1 1 0; overflow: hidden; text-overflow: ellipsis; min-width: 3em; }
.row:not(.is-user) .gist { color: var(--faint); }
.count { color: var(--faint); font-size: 12px; }
.mark { font-size: 12px; padding: 0 7px; border-radius: 9px; border: 1px solid var(--line); color: var(--faint); }
.mark.is-leaf { border-color: var(--accent); color: var(--accent); }
.mark.is-fork { border-color: var(--compaction); color: var(--compaction); }
.mark.is-damage { border-color: var(--damage); color: var(--damage); }
#conversation { overflow: auto; padding: 12px clamp(12px, 3vw, 40px) 40vh; }
.entry {
  max-width: 62rem;
  margin: 0 0 12px;
  padding: 9px 14px 11px;
  border: 1px solid var(--line);
  border-left: 3px solid var(--line);
  border-radius: 8px;
  scroll-margin-top: 10px;
}
.entry.is-user { border-left-color: var(--user); background: var(--raised); }
.entry.is-assistant { border-left-color: var(--assistant); }
.entry.is-toolResult { border-left-color: var(--tool); }
.entry.is-compaction { border-left-color: var(--compaction); background: var(--raised); }
.entry.current { box-shadow: 0 0 0 2px var(--chosen); }
.entry > header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 10px; margin-bottom: 3px; }
.entry time, .place { color: var(--faint); font-size: 12px; }
.place { margin-left: auto; font-family: var(--mono); overflow-wrap: anywhere; }
.text { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
pre.text { font: 12.5px/1.5 var(--mono); padding: 8px 10px; background: var(--raised); border-radius: 6px; }
.is-user pre.text, .is-compaction pre.text { background: var(--ground); }
.entry > * + .text { margin-top: 6px; }
.entry > header + .text { margin-top: 0; }
details.part { margin-top: 6px; }
summary {
  cursor: pointer;
  color: var(--faint);
  font-size: 13px;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}
summary b { font-weight: 600; color: var(--ink); }
summary .first { font-family: var(--mono); font-size: 12px; }
details[open] > summary { margin-bottom: 5px; }
details[open] > summary .first { display: none; }
.thinking > .text { color: var(--faint); }
.image, .cut { margin: 6px 0 0; color: var(--faint); font-size: 13px; }
.more { display: block; margin-top: 8px; font: 13px/1.5 system-ui, sans-serif; }
.branches { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; margin-top: 9px; color: var(--faint); font-size: 13px; }
.branches button { max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--ink); }
.branches [aria-current] { border-color: var(--accent); background: var(--chosen); }
.sentinel { height: 1px; }
.wait { padding: 20px; color: var(--faint); }
.is-ready .wait { display: none; }
dialog { color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: 10px; padding: 18px 24px; }
dialog::backdrop { background: rgb(0 0 0 / 45%); }
dialog form { margin-top: 14px; }
dialog h2 { margin: 0 0 8px; font-size: 16px; }
dialog table { border-spacing: 14px 3px; margin-left: -14px; }
kbd { font: 12px var(--mono); padding: 1px 6px; border: 1px solid var(--line); border-radius: 4px; background: var(--raised); }
@media (max-width: 760px) {
  body { grid-template: auto minmax(0, 38%) minmax(0, 1fr) / minmax(0, 1fr); }
  #outline { border-right: 0; border-bottom: 1px solid var(--line); }
  .bar { flex-wrap: wrap; }
  .bar .tools { margin-left: 0; }
}
@media print {
  body { display: block; }
  .bar .tools, #outline { display: none; }
}
`;
