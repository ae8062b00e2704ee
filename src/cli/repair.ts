import { TRANSCRIPT_FORMATS } from "../entry/transcript-format.js";
import type { RepairChange, RepairReport } from "../repair/repair-report.js";
import { readLeaf } from "../transcript/read-transcript.js";
import { repairTranscript } from "../transcript/repair-transcript.js";
import {
  choice,
  ensureThere,
  FORMAT,
  formatOption,
  onlyFile,
  parse,
  wholeNumber,
} from "./output/arguments.js";
import type { Command } from "./output/command.js";
import { EXIT } from "./output/exit-code.js";
import { printable, printableJson } from "./output/printable.js";
import { withProgress } from "./output/progress.js";
import { noteStillOpen } from "./output/still-open.js";

/** Changes that are printed for people; `--json` has the first 100. */
const PRINTED = 20;

export const repair: Command = {
  usage:
    "repair FILE [--write] [--mode salvage|tail] [--no-backup] [--timeout MS] [--format NAME] [--json]",
  summary: "tell what a repair would change (exit code 1 if anything); --write changes it",
  async run(args, console) {
    const { values, positionals } = parse(args, {
      ...FORMAT,
      write: { type: "boolean" },
      mode: { type: "string" },
      "no-backup": { type: "boolean" },
      timeout: { type: "string" },
    });
    const file = onlyFile(positionals, repair.usage);
    const mode = choice("--mode", values.mode, ["salvage", "tail"]);
    const timeoutMs = wholeNumber("--timeout", values.timeout, 30_000);
    const format = formatOption(values.format);
    const dryRun = !values.write;
    const backup = !values["no-backup"];
    await ensureThere(file);
    const signal = console.interruption?.();
    const report = await withProgress(console, dryRun ? "examining" : "repairing", (onProgress) =>
      repairTranscript(file, {
        ...format,
        dryRun,
        mode,
        backup,
        lock: { timeoutMs },
        onProgress,
        ...(signal && { signal }),
      }),
    );
    if (values.json) console.out(printableJson(report));
    else for (const line of describe(report)) console.out(printable(line));
    noteStillOpen(report, console);
    if (report.backup !== undefined) {
      // What the backup has may be no transcript without a word of what its entries are.
      const before = await readLeaf(report.backup, { format: report.format });
      const now = await readLeaf(file, { format: report.format });
      if (now.id !== before.id) console.note(leafNote(before.id, now.id));
    }
    const hasLinks = TRANSCRIPT_FORMATS[report.format].parentId !== undefined;
    if (mode === "salvage" && hasLinks && !report.linksChecked) {
      console.note("leaflog: too many ids; no link was checked");
    }
    return report.changed && dryRun ? EXIT.damage : EXIT.ok;
  },
};

function leafNote(before: string | null, now: string | null): string {
  return printable(`leaflog: the next append goes on from ${now}, no longer from ${before}`);
}

function describe(report: RepairReport): string[] {
  const { changes, changed, dryRun, bytesBefore, bytesAfter, damagedFile, backup } = report;
  const kinds = Object.entries(changes.counts).filter(([, count]) => count > 0);
  const rows = changes.first
    .slice(0, PRINTED)
    .map((change) => `  ${describeChange(change, report.mode)}`);
  const more = changes.total - rows.length;
  const moved = `${report.movedBytes} bytes${damagedFile === undefined ? "" : ` to ${damagedFile}`}`;
  return [
    `transcript:  ${report.file}`,
    `size:        ${bytesBefore} bytes${changed ? `, ${dryRun ? "then" : "now"} ${bytesAfter}` : ""}`,
    ...(changed
      ? [`changes:     ${kinds.map(([kind, count]) => `${kind} ${count}`).join(", ")}`]
      : []),
    ...rows,
    ...(more > 0 ? [`  and ${more} more`] : []),
    ...(report.movedBytes > 0 ? [`moved:       ${moved}`] : []),
    ...(backup === undefined ? [] : [`backup:      ${backup}`]),
    `verdict:     ${verdict(report)}`,
  ];
}

function describeChange(change: RepairChange, mode: RepairReport["mode"]): string {
  if (change.kind === "header") return `line 1: a header is added (${SOURCES[change.from]})`;
  // The lines before the end are not counted where they are not read.
  const line = mode === "tail" ? "" : `line ${change.line}, `;
  return `${line}${change.length} bytes at ${change.offset}: ${what(change)}`;
}

const SOURCES = {
  remains: "from what is left of the old one",
  "later-header": "a copy of a later one",
  new: "a new one",
};

function what(change: Exclude<RepairChange, { kind: "header" }>): string {
  switch (change.kind) {
    case "separated":
      return change.records === 1
        ? "a whole record gets a line of its own"
        : `${change.records} whole records get lines of their own`;
    case "moved":
      return `moved out: ${change.reason}`;
    case "terminated":
      return "gets its newline";
    case "replaced":
      return "what is no UTF-8 becomes U+FFFD";
    case "linked":
      return change.itself
        ? "it names itself as its parent: linked to what comes before it"
        : `its parent ${change.parentId} is not there, or not before it: linked to what comes before it`;
    case "adopted":
      return "linear, linked to the entry before it";
    case "reidentified":
      return `gets another id: an earlier entry has ${change.id}`;
  }
}

function verdict({ changed, dryRun, mode }: RepairReport): string {
  if (mode === "tail") {
    const end = changed ? "the end is repaired" : "nothing to repair at the end";
    const done = changed && dryRun ? "the end is to be repaired: nothing was written" : end;
    return `${done}; the rest was not looked at: leaflog verify FILE does`;
  }
  if (!changed) return "nothing to repair";
  return dryRun ? "to be repaired: nothing was written; --write does it" : "repaired";
}
