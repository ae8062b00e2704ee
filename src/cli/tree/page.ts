import { createHash } from "node:crypto";
import type { EntryRecord } from "../../entry/entry.js";
import { Pace } from "../../scan/lines/pace.js";
import type { EntryTree } from "./entry-tree.js";
import { PageBlocks, pageTree } from "./page-data.js";
import { pageText } from "./page-json.js";
import { PAGE_STYLE } from "./page-style.js";

/** By what a page that leaflog wrote is known, at its start. */
export const PAGE_START = '<!doctype html>\n<html lang="en" data-made-by="leaflog">';

const KEYS: readonly (readonly [string, string])[] = [
  ["/", "search; Enter and Shift+Enter go to the next and the previous entry found, Esc ends it"],
  ["n N", "the next and the previous entry found"],
  ["↑ ↓ Home End", "go through the outline"],
  ["← →", "fold and unfold, or go to the entry that holds this one"],
  ["- +", "fold and unfold everything"],
  ["g l", "the first entry, and the leaf"],
  ["t", "light or dark"],
  ["?", "this help"],
];

/** What a page is made of. */
export interface PageContent {
  readonly title: string;
  /** What the transcript is, in a few words. */
  readonly facts: string;
  readonly tree: EntryTree;
  /** The entries of the tree, in file order. */
  readonly records: AsyncIterable<EntryRecord>;
  /** Characters of an entry's text that the page has; of the rest it tells how much there is. */
  readonly maxCharacters: number;
}

/**
 * A page of one file that shows a transcript: it loads nothing, and its policy lets it load nothing
 * and run no other program, whatever stands in the transcript.
 */
export async function* pageOf(content: PageContent): AsyncGenerator<string> {
  const { title, facts, tree, records, maxCharacters } = content;
  // Imported so that in the package, too, it stands beside the modules that it reads.
  const { readPageProgram } = await import("./page-program.js");
  const program = await readPageProgram();
  yield `${PAGE_START}
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; form-action 'none'; style-src ${hashOf(PAGE_STYLE)}; script-src ${hashOf(program)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${pageText(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
${bodyOf(title, facts)}
`;
  const blocks = new PageBlocks(tree, maxCharacters);
  for await (const record of records) {
    const block = blocks.add(record);
    if (block !== undefined) yield script("entries", block);
  }
  const last = blocks.finish();
  if (last !== undefined) yield script("entries", last);
  yield '<script type="application/json" id="tree-data">';
  const pace = new Pace();
  for (const piece of pageTree(tree, blocks.chunks)) {
    if (piece === undefined) await pace.pause();
    else yield piece;
  }
  yield `</script>\n<script>${program}</script>\n</body>\n</html>\n`;
}

function script(name: string, json: string): string {
  return `<script type="application/json" class="${name}">${json}</script>\n`;
}

function bodyOf(title: string, facts: string): string {
  const keys = KEYS.map(([key, does]) => {
    const names = key.split(" ").map((name) => `<kbd>${pageText(name)}</kbd>`);
    return `<tr><td>${names.join(" ")}</td><td>${pageText(does)}</td></tr>`;
  });
  return `<body>
<header class="bar">
<h1>${pageText(title)}</h1>
<span class="facts">${pageText(facts)}</span>
<div class="tools">
<input id="search" type="search" placeholder="Search (/)" aria-label="Search all entries" autocomplete="off" spellcheck="false">
<span id="found" role="status"></span>
<button id="previous-match" aria-label="Previous entry found" title="Previous entry found (N)">↑</button>
<button id="next-match" aria-label="Next entry found" title="Next entry found (n)">↓</button>
<button id="fold-all" title="Fold everything (-)">Fold</button>
<button id="unfold-all" title="Unfold everything (+)">Unfold</button>
<button id="to-start" title="First entry (g)">Start</button>
<button id="to-leaf" title="The leaf (l)">Leaf</button>
<button id="theme" title="Light or dark (t)" aria-label="Light or dark">◐</button>
<button id="show-help" title="Keys (?)" aria-label="Keys">?</button>
</div>
</header>
<nav id="outline" role="tree" tabindex="0" aria-label="Entries"><div id="outline-space" role="none"></div></nav>
<main id="conversation" tabindex="0" aria-label="The branch of the entry that is chosen"><p class="wait">The entries are being read; this page needs JavaScript.</p></main>
<dialog id="help" aria-labelledby="help-title"><h2 id="help-title">Keys</h2><table>${keys.join("")}</table><form method="dialog"><button>Close</button></form></dialog>`;
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
