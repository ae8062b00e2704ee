import { nodeFileSystem } from "../../file/node-file-system.js";
import { openTranscript } from "../../transcript/open-transcript.js";
import { ensureThere, FORMAT, formatOption, onlyFile, parse } from "../output/arguments.js";
import type { Command } from "../output/command.js";
import { EXIT } from "../output/exit-code.js";
import { byteSize, counted, duration, many, share } from "../output/figures.js";
import { foundFormat } from "../output/found-format.js";
import { excerpt, printable, printableJson } from "../output/printable.js";
import { withProgress } from "../output/progress.js";
import { type EntryTree, NONE } from "../tree/entry-tree.js";
import { readTree } from "../tree/read-tree.js";
import type { EntryGroup, ModelUse, StatsReport } from "./stats-report.js";
import { StatsTally } from "./stats-tally.js";

/** Groups that are printed for people; `--json` has all. */
const PRINTED = 8;
const NAME_CHARACTERS = 24;

export const stats: Command = {
  usage: "stats FILE [--format NAME] [--json]",
  summary: "tell what the bytes of a transcript are: types, roles, tools, models, time, branches",
  async run(args, console) {
    const { values, positionals } = parse(args, FORMAT);
    const file = onlyFile(positionals, stats.usage);
    const named = formatOption(values.format);
    await ensureThere(file);
    await using transcript = await openTranscript(file, named);
    const format = await foundFormat(transcript.file, named);
    const signal = console.interruption?.();
    const { size: bytes } = await nodeFileSystem.stat(transcript.file);
    const tally = new StatsTally(format);
    const tree = await withProgress(console, "reading", (onProgress) =>
      readTree(transcript, { format, onProgress, signal, onEntry: (record) => tally.add(record) }),
    );
    const report = reportOf(transcript.file, bytes, tally, tree);
    if (values.json) console.out(printableJson(report));
    else for (const line of describe(report)) console.out(printable(line));
    return EXIT.ok;
  },
};

function reportOf(
  file: string,
  bytes: number,
  tally: StatsTally,
  tree: EntryTree | undefined,
): StatsReport {
  const { span } = tally;
  return {
    file,
    bytes,
    entries: tally.entries,
    entryBytes: tally.entryBytes,
    linear: tally.linear,
    oversized: tally.oversized,
    ...(span && { span }),
    types: tally.types.listed,
    roles: tally.roles.listed,
    tools: tally.tools.listed,
    models: tally.models,
    longest: tally.longest,
    ...(tree && { tree: shapeOf(tree) }),
  };
}

function shapeOf(tree: EntryTree): NonNullable<StatsReport["tree"]> {
  const branch = { entries: 0, bytes: 0, compactions: 0 };
  const sinceCompaction = { entries: 0, bytes: 0 };
  for (let node = tree.leaf; node !== NONE; node = tree.parentOf(node)) {
    if (tree.isCompaction(node)) branch.compactions += 1;
    branch.entries += 1;
    branch.bytes += tree.lengthOf(node);
    if (branch.compactions > 0) continue;
    sinceCompaction.entries += 1;
    sinceCompaction.bytes += tree.lengthOf(node);
  }
  const { roots, forks, detached } = tree;
  return { roots, forks, detached, branch, sinceCompaction };
}

function describe(report: StatsReport): string[] {
  const { bytes, entries, entryBytes, span, tree, longest } = report;
  const whole = bytes - entryBytes - entries;
  return [
    `transcript:  ${report.file}`,
    `size:        ${byteSize(bytes)}, of which ${byteSize(Math.max(0, whole))} are no entries`,
    `entries:     ${counted(entries)} (${counted(report.linear)} linear, ${counted(report.oversized)} oversized), ${byteSize(entries === 0 ? 0 : entryBytes / entries)} each`,
    ...(span
      ? [`time:        ${span.first} to ${span.last} (${duration(span.seconds)})`]
      : ["time:        no entry has a timestamp"]),
    ...(tree ? describeTree(tree, report) : ["branches:    too many entries to tie them together"]),
    ...table("types", report.types, entryBytes),
    ...table("roles", report.roles, entryBytes),
    ...table("tools", report.tools, entryBytes),
    ...describeModels(report.models),
    ...(longest.length > 0 ? ["longest:"] : []),
    ...longest.map(
      ({ offset, length, label, id }) =>
        `  ${byteSize(length).padStart(9)}  ${excerpt(label, NAME_CHARACTERS)} ${excerpt(id ?? "-", 36)} at ${offset}`,
    ),
  ];
}

function describeTree(tree: NonNullable<StatsReport["tree"]>, report: StatsReport): string[] {
  const { branch, sinceCompaction, roots, forks, detached } = tree;
  const aside = report.entries - branch.entries;
  return [
    `branch:      ${counted(branch.entries)} entries from the leaf, ${byteSize(branch.bytes)} (${share(branch.bytes, report.entryBytes)}); ${counted(aside)} entries are not on it`,
    `compactions: ${counted(branch.compactions)} on the branch; since then ${counted(sinceCompaction.entries)} entries, ${byteSize(sinceCompaction.bytes)}`,
    `tree:        ${many(roots, "root", "roots")}, ${many(forks, "fork", "forks")}, ${many(detached, "entry", "entries")} without the parent that it names before it`,
  ];
}

function table(name: string, groups: readonly EntryGroup[], bytes: number): string[] {
  if (groups.length === 0) return [];
  const rows = groups.slice(0, PRINTED).map((group) => {
    const size = `${byteSize(group.bytes).padStart(9)} ${share(group.bytes, bytes).padStart(5)}`;
    const count = counted(group.entries).padStart(9);
    const title = excerpt(group.name, NAME_CHARACTERS).padEnd(NAME_CHARACTERS);
    return `  ${title} ${count}  ${size}  longest ${byteSize(group.longest)}`;
  });
  const more = groups.length - rows.length;
  return [`${name}:`, ...rows, ...(more > 0 ? [`  and ${counted(more)} more`] : [])];
}

function describeModels(models: readonly ModelUse[]): string[] {
  if (models.length === 0) return [];
  const rows = models.slice(0, PRINTED).map((model) => {
    const { name, messages, input, output, cacheRead, cacheWrite, cost } = model;
    const tokens = `${counted(input)} in, ${counted(output)} out, ${counted(cacheRead)} from cache, ${counted(cacheWrite)} to cache`;
    const price = cost > 0 ? `, cost ${cost.toFixed(2)}` : "";
    return `  ${excerpt(name, 2 * NAME_CHARACTERS)}: ${many(messages, "message", "messages")}, tokens ${tokens}${price}`;
  });
  return ["models:", ...rows];
}
