import type { AppendResult } from "../append/call/append-result.js";
import type { EntryRecord } from "../entry/entry.js";
import type { MigrationReport } from "../migration/migration-report.js";
import type { VerifyReport } from "../read/verify/verify-report.js";
import type { RepairReport } from "../repair/repair-report.js";
import type { DemoReport } from "./demo/demo.js";
import {
  BACKUP,
  BYTES_AFTER,
  BYTES_BEFORE,
  COUNT,
  ENTRY_AT,
  EXTENT,
  FAULTY_LINES,
  FILE,
  GROUP,
  LATE,
  RECORD,
  STRAY,
} from "./json-parts.js";
import type { ShownLeaf } from "./leaf.js";
import { type JsonShape, type ShapeOf, shapeText } from "./output/json-shape.js";
import type { StatsReport } from "./stats/stats-report.js";
import type { TreeEntry } from "./tree.js";

/** The commands that take `--json`. */
type JsonCommand =
  | "append"
  | "leaf"
  | "tail"
  | "tree"
  | "stats"
  | "verify"
  | "repair"
  | "migrate"
  | "demo";

/** What a command prints with `--json`. */
interface JsonOutput {
  /** Whether it is one document a line, rather than one alone. */
  readonly lines: boolean;
  readonly shape: JsonShape;
}

/** What each command prints with `--json`. Members may be added; none goes, none changes. */
export const JSON_SHAPES: Readonly<Record<JsonCommand, JsonOutput>> = {
  append: {
    lines: true,
    shape: {
      id: "string",
      "parentId?": "string or null; absent after a raw append",
      appended: "boolean: whether this call wrote the entry",
      linked: "boolean: false after a raw append",
      ...EXTENT,
      "damagedLine?": EXTENT,
      "tornTail?": { ...EXTENT, kept: "entry or malformed" },
      "notMigrated?": {
        reason: "open, attributes or busy: why linear entries were left as they are",
        "pids?": ["number: a process that has the file open for writing"],
      },
      "recreated?": "true: the file had been deleted, and was made anew",
      "truncated?": "true: the file had been emptied, and was begun anew",
      // The other members are those of appends with an idempotency key, which the command has none of.
    } satisfies ShapeOf<Omit<AppendResult, "entry" | "messageSeq">>,
  },
  leaf: {
    lines: false,
    shape: {
      id: "string or null",
      shape: "empty, linear or linked",
      "damagedLine?": EXTENT,
      "replayed?": { offset: "number: of the entry before the leaf that has its id, in bytes" },
    } satisfies ShapeOf<ShownLeaf>,
  },
  tail: { lines: true, shape: RECORD satisfies ShapeOf<Omit<EntryRecord, "text">> },
  tree: {
    lines: true,
    shape: {
      ...EXTENT,
      "type?": "string",
      label: "string: the role of a message, else the type",
      "id?": "string",
      "parentId?": "string or null: as the entry names it",
      "parent?": "number: offset of the entry that it follows; absent for a root",
      "detachment?": "parent missing, parent later or unlinked",
      children: "number",
      descendants: "number",
      onBranch: "boolean: whether it lies between the leaf and its root",
      isLeaf: "boolean",
      isCompaction: "boolean",
    } satisfies ShapeOf<TreeEntry>,
  },
  stats: {
    lines: false,
    shape: {
      file: FILE,
      bytes: "number: size of the file",
      entries: "number",
      entryBytes: "number: of all entries, without their newlines",
      linear: "number: entries that follow the one before them",
      oversized: "number: entries above 64 MiB",
      "span?": { first: "string: ISO 8601", last: "string", seconds: "number" },
      types: [GROUP],
      roles: [GROUP],
      tools: [GROUP],
      models: [
        {
          name: "string: provider/model",
          messages: "number",
          input: "number: tokens, as the messages note them",
          output: "number",
          cacheRead: "number",
          cacheWrite: "number",
          cost: "number: 0 where none is noted",
        },
      ],
      longest: [{ ...EXTENT, label: "string", "id?": "string" }],
      "tree?": {
        roots: "number",
        forks: "number",
        detached: "number: entries whose parent is not before them",
        branch: { entries: "number", bytes: "number", compactions: "number" },
        sinceCompaction: { entries: "number", bytes: "number" },
      },
    } satisfies ShapeOf<StatsReport>,
  },
  verify: {
    lines: false,
    shape: {
      file: FILE,
      ok: "boolean: whether there are no problems",
      problems: [
        "no-transcript, header, malformed, tail, invalid-utf8, linear, dangling, duplicate-ids, cycles or links-unchecked",
      ],
      bytes: "number: size of the file when the reading began",
      lines: "number",
      format: "pi, claude-code or codex",
      content: "transcript, list, spread, other, utf-16, gzip or zstd",
      header: {
        state: "header, empty, missing, or none: the format has none",
        "id?": "string",
        "version?": "number",
        "offset?": "number: of the line that should be the header",
        "length?": "number",
      },
      counts: {
        entries: "number",
        linked: "number",
        linear: "number: entries without a parentId",
        unlinked: "number: entries whose id or parentId is none",
        headers: "number",
        values: "number: lines of JSON that are no objects",
        blank: "number",
        malformed: "number",
      },
      types: { "[name]": "number: entries of that type" },
      malformed: {
        total: COUNT,
        first: [
          {
            line: "number: 1 for the first line",
            ...EXTENT,
            signature: "cut, spliced, fused, spread, nul or no-json",
            records: "number: whole records in it, which a repair can save",
          },
        ],
        signatures: {
          cut: COUNT,
          spliced: COUNT,
          fused: COUNT,
          spread: COUNT,
          nul: COUNT,
          "no-json": COUNT,
        },
        records: "number: whole records in malformed lines",
      },
      "unterminatedTail?": { ...EXTENT, kept: "entry or malformed" },
      invalidUtf8: FAULTY_LINES,
      loneSurrogates: FAULTY_LINES,
      furtherHeaders: { total: COUNT, first: [STRAY] },
      foreignLines: {
        total: COUNT,
        first: [{ ...STRAY, format: "pi, claude-code or codex" }],
      },
      interruptedBatches: {
        total: COUNT,
        first: [{ ...EXTENT, present: "number: entries that are there", size: "number" }],
      },
      longestLine: { line: "number", ...EXTENT },
      leaf: { id: "string or null", shape: "empty, linear or linked" },
      "links?": {
        roots: { total: COUNT, first: [ENTRY_AT] },
        dangling: { total: COUNT, first: [{ ...ENTRY_AT, "parentId?": "string" }] },
        forks: { total: COUNT, first: [{ ...ENTRY_AT, children: "number" }] },
        cycles: { total: COUNT, first: [{ ...ENTRY_AT, entries: "number: in the circle" }] },
        ahead: { total: COUNT, first: [ENTRY_AT] },
        duplicates: {
          same: { total: COUNT, first: [ENTRY_AT] },
          different: { total: COUNT, first: [ENTRY_AT] },
        },
        branchLength: "number: entries from the leaf to its root",
        branchWhole: "boolean: whether that is a root, and no parent missing",
      },
    } satisfies ShapeOf<VerifyReport>,
  },
  repair: {
    lines: false,
    shape: {
      file: FILE,
      mode: "salvage or tail",
      dryRun: "boolean",
      changed: "boolean: whether the file was rewritten, or would be",
      changes: {
        total: COUNT,
        counts: {
          header: COUNT,
          separated: COUNT,
          moved: COUNT,
          terminated: COUNT,
          replaced: COUNT,
          linked: COUNT,
          adopted: COUNT,
          reidentified: COUNT,
        },
        first: [
          {
            kind: "header, separated, moved, terminated, replaced, linked, adopted or reidentified",
            "line?": "number: counted from where the repair began to look",
            "offset?": "number: in the file as it was",
            "length?": "number",
            "from?": "of a header: remains, later-header or new",
            "records?": "number: of a separated line",
            "reason?": "of moved bytes: cut, nul, no-json or duplicate",
            "parentId?": "string: of a linked entry, the parent that it named",
            "itself?": "true: of a linked entry that named itself",
            "id?": "string: of a reidentified entry, the id that it had",
          },
        ],
      },
      movedBytes: "number: moved to the damaged file",
      linksChecked: "boolean",
      format: "pi, claude-code or codex",
      bytesBefore: BYTES_BEFORE,
      bytesAfter: BYTES_AFTER,
      ...LATE,
      "damagedFile?": "string: path of the file that holds what could not stay",
      "backup?": BACKUP,
    } satisfies ShapeOf<RepairReport>,
  },
  migrate: {
    lines: false,
    shape: {
      file: FILE,
      changed: "boolean: whether the file was rewritten",
      entries: "number",
      migrated: "number: linear entries that were linked",
      reidentified: "number: of these, the ones that got another id",
      malformed: "number: lines that stayed as they were",
      bytesBefore: BYTES_BEFORE,
      bytesAfter: BYTES_AFTER,
      ...LATE,
      "backup?": BACKUP,
    } satisfies ShapeOf<MigrationReport>,
  },
  demo: {
    lines: false,
    shape: {
      path: FILE,
      entriesBefore: "number",
      entriesAfter: "number",
      migrated: "boolean",
      appendsPerSecond: "number",
      worstStallMs: "number",
      worstStallCpuMs: "number: of it, this process's own computing",
      oneChain: "boolean",
      problems: ["string"],
    } satisfies ShapeOf<DemoReport>,
  },
};

/** `leaflog help json`. */
export function jsonHelp(): string {
  const outputs = Object.entries(JSON_SHAPES).map(([name, { lines, shape }]) => {
    const how = lines ? "a document a line" : "one document";
    return `leaflog ${name} --json: ${how}, ${shapeText(shape)}`;
  });
  return [
    "What commands print with --json. A member with ? may be absent. Members may be added: ignore\nthose that you do not know. Lists called first hold the first 100; total counts all.",
    ...outputs,
  ].join("\n\n");
}
