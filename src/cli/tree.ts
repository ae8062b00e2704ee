import { basename } from "node:path";
import { LeaflogError } from "../base/errors.js";
import type { EntryRecord } from "../entry/entry.js";
import { entryLinks, type TranscriptFormat } from "../entry/transcript-format.js";
import { nodeFileSystem } from "../file/node-file-system.js";
import { Pace } from "../scan/lines/pace.js";
import { openTranscript } from "../transcript/open-transcript.js";
import type { Transcript } from "../transcript/transcript.js";
import {
  ensureThere,
  FORMAT,
  formatOption,
  onlyFile,
  parse,
  wholeNumber,
} from "./output/arguments.js";
import type { Command, Console } from "./output/command.js";
import { EXIT, UsageError } from "./output/exit-code.js";
import { counted, many } from "./output/figures.js";
import { foundFormat } from "./output/found-format.js";
import { MalformedNotes } from "./output/malformed-notes.js";
import { printable, printableJson } from "./output/printable.js";
import { withProgress } from "./output/progress.js";
import { noteIfReplayed } from "./replayed-leaf.js";
import { type EntryTree, NONE } from "./tree/entry-tree.js";
import { pageOf } from "./tree/page.js";
import { writePage } from "./tree/page-file.js";
import { entriesOf, readTree } from "./tree/read-tree.js";
import { readRow } from "./tree/row-reader.js";
import { RowText } from "./tree/row-text.js";
import { foldingFor, treeRows } from "./tree/tree-rows.js";

/** A few screens. */
const ROWS = 200;
/** Of an entry's text that a page has: what is far longer nobody reads in a page. */
const CHARACTERS = 65_536;

/** What `--json` prints of an entry, one a line, in file order. */
export interface TreeEntry {
  readonly offset: number;
  readonly length: number;
  readonly type?: string;
  readonly label: string;
  readonly id?: string;
  readonly parentId?: string | null;
  readonly parent?: number;
  readonly detachment?: string;
  readonly children: number;
  readonly descendants: number;
  readonly onBranch: boolean;
  readonly isLeaf: boolean;
  readonly isCompaction: boolean;
}

export const tree: Command = {
  usage: "tree FILE [--all | --rows N | --html [PAGE] [--chars N]] [--format NAME] [--json]",
  summary: "draw the branches in N rows (200); --html writes a page to open, fold and search",
  async run(args, console) {
    const { values, positionals } = parse(args, {
      ...FORMAT,
      all: { type: "boolean" },
      rows: { type: "string" },
      html: { type: "boolean" },
      chars: { type: "string" },
    });
    const [page, ...rest] = values.html ? positionals.slice(1) : [];
    const file = onlyFile(values.html ? positionals.slice(0, 1) : positionals, tree.usage);
    const rows = wholeNumber("--rows", values.rows, ROWS);
    const chosen = [values.all, values.rows !== undefined, values.html].filter(Boolean).length;
    const maxCharacters = wholeNumber("--chars", values.chars, CHARACTERS);
    if (values.chars !== undefined && !values.html)
      throw new UsageError("--chars goes with --html");
    if (chosen > 1 || rest.length > 0 || (values.html && values.json)) {
      throw new UsageError(`usage: leaflog ${tree.usage}`);
    }
    const named = formatOption(values.format);
    await ensureThere(file);
    await using transcript = await openTranscript(file, named);
    const found = await readWhole(transcript, await foundFormat(transcript.file, named), console);
    if (values.html) await writeHtml(transcript, found, { page, maxCharacters }, console);
    else if (values.json) await printJson(transcript, found, console);
    else await draw(transcript, found, values.all ? undefined : rows, console);
    await noteIfReplayed(console, file, named);
    return EXIT.ok;
  },
};

async function readWhole(
  transcript: Transcript,
  format: TranscriptFormat,
  console: Console,
): Promise<EntryTree> {
  const signal = console.interruption?.();
  const notes = new MalformedNotes(transcript.file, console);
  const found = await withProgress(console, "reading", (onProgress) =>
    readTree(transcript, { format, onProgress, signal, onMalformed: notes.meet }),
  );
  notes.total(" but for whole entries in them");
  if (found) return found;
  throw new UsageError(`too many entries to draw; leaflog tail and leaflog stats take any number`);
}

async function draw(
  transcript: Transcript,
  found: EntryTree,
  rows: number | undefined,
  console: Console,
): Promise<void> {
  const pace = new Pace();
  const folding = await foldingFor(found, rows, () => pace.pause());
  const text = new RowText(found, console);
  const file = await nodeFileSystem.open(transcript.file, "read");
  try {
    console.out(await titleOf(transcript, found));
    for (const row of treeRows(found, folding)) {
      await pace.pause();
      if (ended(console)) return;
      if (row === undefined) continue;
      if (row.kind === "fold") console.out(text.fold(row));
      else {
        const { node } = row;
        const entry = await readRow(file, found.offsetOf(node), found.lengthOf(node));
        console.out(text.entry(row, entry));
      }
      await console.drained?.();
    }
  } finally {
    await file.close();
  }
}

async function titleOf(transcript: Transcript, found: EntryTree): Promise<string> {
  const header = await transcript.header();
  const name = header === undefined ? "no header" : `session ${header.id}`;
  const linear = found.linear > 0 && found.linear === found.size ? ["linear"] : [];
  const trees = found.roots > 1 ? [many(found.roots, "tree", "trees")] : [];
  return [
    printable(name),
    many(found.size, "entry", "entries"),
    `branch of ${counted(found.branchLength)}`,
    many(found.forks, "fork", "forks"),
    ...trees,
    ...linear,
  ].join(" · ");
}

async function writeHtml(
  transcript: Transcript,
  found: EntryTree,
  { page, maxCharacters }: { readonly page: string | undefined; readonly maxCharacters: number },
  console: Console,
): Promise<void> {
  const signal = console.interruption?.();
  const title = basename(transcript.file);
  const facts = await titleOf(transcript, found);
  await withProgress(console, "writing", async (onProgress) => {
    const records = recordsOf(transcript, found, { onProgress, signal, format: found.format });
    const pieces = pageOf({ title, facts, tree: found, records, maxCharacters });
    if (page === "-") {
      for await (const piece of pieces) {
        if (ended(console)) return;
        console.out(piece);
        await console.drained?.();
      }
      return;
    }
    const path = page ?? `${title.replace(/\.jsonl$/, "")}.html`;
    await writePage(path, pieces);
    console.out(printable(path));
  });
}

/** The entries of the tree once more; neither what was appended since nor another file's. */
async function* recordsOf(
  transcript: Transcript,
  found: EntryTree,
  reading: Parameters<typeof entriesOf>[1],
): AsyncGenerator<EntryRecord> {
  let node = 0;
  for await (const record of entriesOf(transcript, reading)) {
    if (node === found.size) return;
    if (found.offsetOf(node) !== record.offset) break;
    yield record;
    node += 1;
  }
  if (node === found.size) return;
  throw new LeaflogError("LEAFLOG_READ_FAILED", "the transcript changed meanwhile; try again", {
    file: transcript.file,
  });
}

async function printJson(
  transcript: Transcript,
  found: EntryTree,
  console: Console,
): Promise<void> {
  const signal = console.interruption?.();
  let node = 0;
  await withProgress(console, "printing", async (onProgress) => {
    for await (const record of recordsOf(transcript, found, {
      onProgress,
      signal,
      format: found.format,
    })) {
      if (ended(console)) return;
      console.out(printableJson(describe(found, node, record)));
      await console.drained?.();
      node += 1;
    }
  });
}

function describe(found: EntryTree, node: number, { entry, oversized }: EntryRecord): TreeEntry {
  const { type } = entry ?? oversized ?? {};
  const { id, parentId } = entry ? entryLinks(entry, found.format) : (oversized ?? {});
  const parent = found.parentOf(node);
  const detachment = found.detachmentOf(node);
  return {
    offset: found.offsetOf(node),
    length: found.lengthOf(node),
    ...(typeof type === "string" && { type }),
    label: found.labelOf(node),
    ...(id !== undefined && { id }),
    ...(parentId !== undefined && { parentId }),
    ...(parent !== NONE && { parent: found.offsetOf(parent) }),
    ...(detachment && { detachment }),
    children: [...found.childrenOf(node)].length,
    descendants: found.sizeOf(node) - 1,
    onBranch: found.isOnBranch(node),
    isLeaf: node === found.leaf,
    isCompaction: found.isCompaction(node),
  };
}

function ended(console: Console): boolean {
  return console.unread?.aborted === true;
}
