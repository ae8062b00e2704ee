import type { Entry } from "../../entry/entry.js";
import { entryLinks } from "../../entry/transcript-format.js";
import type { Console, Style } from "../output/command.js";
import { gist } from "../output/entry-line.js";
import { counted, many } from "../output/figures.js";
import { excerpt, printable } from "../output/printable.js";
import type { EntryTree } from "./entry-tree.js";
import type { TreeRow } from "./tree-rows.js";

const COLUMNS = 100;
const MIN_TEXT = 20;
const LABEL_CHARACTERS = 11;
const ID_CHARACTERS = 8;
/** Columns of lines that are drawn; deeper ones are numbered. */
const MAX_DEPTH = 12;
const FOLD_LABELS = 4;

const STYLES: Readonly<Record<string, Style>> = {
  user: "green",
  assistant: "blue",
  toolResult: "cyan",
  compaction: "magenta",
};

/** Draws the rows of a tree for a terminal. */
export class RowText {
  readonly #tree: EntryTree;
  readonly #columns: number;
  readonly #paint: (style: Style, text: string) => string;

  constructor(tree: EntryTree, console: Console) {
    this.#tree = tree;
    this.#columns = console.columns ?? COLUMNS;
    this.#paint = (style, text) => console.paint?.(style, text) ?? text;
  }

  fold(row: TreeRow & { readonly kind: "fold" }): string {
    const { depth, entries, branches, labels } = row;
    const largest = [...labels].sort(([, a], [, b]) => b - a);
    const named = largest
      .slice(0, FOLD_LABELS)
      .map(([label, count]) => `${counted(count)} ${excerpt(this.#tree.labels.name(label), 20)}`);
    const more = largest.length > FOLD_LABELS ? ["…"] : [];
    const kinds = named.length > 0 ? `: ${[...named, ...more].join(", ")}` : "";
    const aside = branches > 0 ? `, ${many(branches, "branch", "branches")} among them` : "";
    const text = `⋮ ${many(entries, "entry", "entries")}${kinds}${aside}`;
    return this.#paint("dim", `${gutter(depth, false)}${text}`);
  }

  /** @param entry undefined where the line is not read */
  entry(row: TreeRow & { readonly kind: "entry" }, entry: Entry | undefined): string {
    const { node, depth, leaves } = row;
    const tree = this.#tree;
    const label = printable(tree.labelOf(node));
    const start = gutter(depth, leaves);
    const id = printable(entryLinks(entry ?? {}, tree.format).id ?? "-").slice(0, ID_CHARACTERS);
    const marks = this.#marks(node);
    const taken =
      start.length + 2 + ID_CHARACTERS + 1 + Math.max(LABEL_CHARACTERS, label.length) + 1;
    const tail = marks.reduce((length, [, mark]) => length + mark.length + 2, 0);
    const room = Math.max(MIN_TEXT, this.#columns - taken - tail);
    const text = entry ? excerpt(gist(entry), room) : `(${counted(tree.lengthOf(node))} bytes)`;
    const parts = [
      this.#paint("dim", start),
      this.#bullet(node),
      " ",
      this.#paint("dim", id.padEnd(ID_CHARACTERS)),
      " ",
      this.#paint(STYLES[tree.labelOf(node)] ?? "yellow", label.padEnd(LABEL_CHARACTERS)),
      text === "" ? "" : ` ${text}`,
      ...marks.map(([style, mark]) => `  ${this.#paint(style, mark)}`),
    ];
    return parts.join("").trimEnd();
  }

  #bullet(node: number): string {
    const tree = this.#tree;
    if (node === tree.leaf) return this.#paint("bold", "◉");
    if (tree.isCompaction(node)) return this.#paint("magenta", "◆");
    return tree.isOnBranch(node) ? "●" : this.#paint("dim", "○");
  }

  #marks(node: number): [Style, string][] {
    const tree = this.#tree;
    const marks: [Style, string][] = [];
    if (tree.isFork(node)) marks.push(["yellow", `fork of ${counted(countChildren(tree, node))}`]);
    const detachment = tree.detachmentOf(node);
    if (detachment !== undefined) marks.push(["red", detachment]);
    if (tree.isLinear(node) && tree.linear < tree.size) marks.push(["dim", "linear"]);
    if (node === tree.leaf) marks.push(["bold", "← leaf"]);
    return marks;
  }
}

function countChildren(tree: EntryTree, node: number): number {
  let count = 0;
  for (const _ of tree.childrenOf(node)) count += 1;
  return count;
}

function gutter(depth: number, leaves: boolean): string {
  const shown = Math.min(depth, MAX_DEPTH);
  const number = depth > MAX_DEPTH ? `+${depth - MAX_DEPTH} ` : "";
  if (!leaves) return `${"│ ".repeat(shown)}${number}`;
  return `${"│ ".repeat(shown - 1)}├─${number}`;
}
