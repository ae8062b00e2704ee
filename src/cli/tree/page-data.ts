import type { EntryRecord } from "../../entry/entry.js";
import { entryLinks } from "../../entry/transcript-format.js";
import { gist } from "../output/entry-line.js";
import { excerpt } from "../output/printable.js";
import { type EntryPart, entryParts } from "./entry-parts.js";
import { type EntryTree, NONE } from "./entry-tree.js";
import { pageJson } from "./page-json.js";
import { pageRows } from "./page-rows.js";

/** Characters of a block of entries, which the page reads at once. */
const BLOCK_CHARACTERS = 262_144;
const BLOCK_ENTRIES = 500;
const GIST_CHARACTERS = 160;
/** Numbers that are turned into text at once. */
const SLICE = 8192;

/** Bits of `flags`, as page/data.js knows them. */
const COMPACTION = 1;
const ON_BRANCH = 2;
const PARENT_MISSING = 4;
const PARENT_LATER = 8;
const UNLINKED = 16;

/** The entries of a page, in blocks; each is a text that may stand in a `script` element. */
export class PageBlocks {
  /** First node of each block so far. */
  readonly chunks: number[] = [];
  readonly #tree: EntryTree;
  readonly #maxCharacters: number;
  #entries: string[] = [];
  #characters = 0;
  #next = 0;

  /** @param maxCharacters of an entry's text that the page has */
  constructor(tree: EntryTree, maxCharacters: number) {
    this.#tree = tree;
    this.#maxCharacters = maxCharacters;
  }

  /** Takes the next entry of the file. Returns the block that it completes, if it does. */
  add(record: EntryRecord): string | undefined {
    if (this.#entries.length === 0) this.chunks.push(this.#next);
    const text = pageJson(this.#describe(record));
    this.#next += 1;
    this.#entries.push(text);
    this.#characters += text.length;
    const isFull = this.#characters >= BLOCK_CHARACTERS || this.#entries.length >= BLOCK_ENTRIES;
    return isFull ? this.finish() : undefined;
  }

  /** The last block, if there is anything left for it. */
  finish(): string | undefined {
    if (this.#entries.length === 0) return undefined;
    const block = `[${this.#entries.join(",\n")}]`;
    this.#entries = [];
    this.#characters = 0;
    return block;
  }

  #describe(record: EntryRecord): object {
    const { entry, oversized, offset, length } = record;
    const id = entry ? entryLinks(entry, this.#tree.format).id : oversized?.id;
    const time = entry?.timestamp;
    const { parts, cut } = this.#cut(entryParts(record));
    return {
      ...(id !== undefined && { id }),
      ...(typeof time === "string" && { time: time.slice(0, 40) }),
      offset,
      bytes: length,
      gist: entry ? excerpt(gist(entry), GIST_CHARACTERS) : "",
      parts,
      ...(cut > 0 && { cut }),
    };
  }

  #cut(parts: readonly EntryPart[]): { readonly parts: EntryPart[]; readonly cut: number } {
    let room = this.#maxCharacters;
    let cut = 0;
    const kept = parts.map((part) => {
      const text = part.text.slice(0, room);
      room -= text.length;
      cut += part.text.length - text.length;
      return { ...part, text };
    });
    return { parts: kept, cut };
  }
}

/** The tree of a page, as JSON in pieces; undefined now and then, as a chance to pause. */
export function* pageTree(
  tree: EntryTree,
  chunks: readonly number[],
): Generator<string | undefined> {
  const rows = new Uint32Array(tree.size);
  const depths = new Uint32Array(tree.size);
  let count = 0;
  for (const row of pageRows(tree)) {
    if (row === undefined) {
      yield undefined;
      continue;
    }
    rows[count] = row.node;
    depths[count] = row.depth;
    count += 1;
  }
  const node = (at: number): number => (at === NONE ? -1 : at);
  yield `{"leaf":${node(tree.leaf)},"labels":${pageJson(tree.labels.names)}`;
  yield `,"chunks":${JSON.stringify(chunks)}`;
  yield* column("rows", count, (at) => rows[at] as number);
  yield* column("depths", count, (at) => depths[at] as number);
  yield* column("parents", count, (at) => node(tree.parentOf(at)));
  yield* column("mains", count, (at) => node(tree.mainOf(at)));
  yield* column("labelOf", count, (at) => tree.labelNumberOf(at));
  yield* column("flags", count, (at) => flagsOf(tree, at));
  yield "}";
}

function* column(name: string, size: number, value: (at: number) => number): Generator<string> {
  yield `,"${name}":[`;
  for (let from = 0; from < size; from += SLICE) {
    const length = Math.min(SLICE, size - from);
    const text = Array.from({ length }, (_, index) => value(from + index)).join(",");
    yield from === 0 ? text : `,${text}`;
  }
  yield "]";
}

function flagsOf(tree: EntryTree, node: number): number {
  const detachment = tree.detachmentOf(node);
  return (
    (tree.isCompaction(node) ? COMPACTION : 0) |
    (tree.isOnBranch(node) ? ON_BRANCH : 0) |
    (detachment === "parent missing" ? PARENT_MISSING : 0) |
    (detachment === "parent later" ? PARENT_LATER : 0) |
    (detachment === "unlinked" ? UNLINKED : 0)
  );
}
