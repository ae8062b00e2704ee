import { CONTENT_ADVICE } from "../read/content-advice.js";
import type { LinkFindings, Listed, VerifyReport } from "../read/verify/verify-report.js";
import { verifyTranscript } from "../transcript/verify-transcript.js";
import { ensureThere, FORMAT, formatOption, onlyFile, parse } from "./output/arguments.js";
import type { Command } from "./output/command.js";
import { EXIT } from "./output/exit-code.js";
import { printable, printableJson } from "./output/printable.js";
import { withProgress } from "./output/progress.js";

/** Findings of a kind that are printed for people; `--json` has the first 100. */
const PRINTED = 5;
const NEXT = "next:        leaflog repair FILE tells what it would change";

export const verify: Command = {
  usage: "verify FILE [--format NAME] [--json]",
  summary: "read all of a transcript and report what is in it and what is wrong with it",
  async run(args, console) {
    const { values, positionals } = parse(args, FORMAT);
    const file = onlyFile(positionals, verify.usage);
    const format = formatOption(values.format);
    await ensureThere(file);
    const signal = console.interruption?.();
    const report = await withProgress(console, "verifying", (onProgress) =>
      verifyTranscript(file, { ...format, onProgress, ...(signal && { signal }) }),
    );
    if (values.json) console.out(printableJson(report));
    else for (const line of describe(report)) console.out(printable(line));
    return report.ok ? EXIT.ok : EXIT.damage;
  },
};

function describe(report: VerifyReport): string[] {
  const { counts, header, leaf, links, malformed, unterminatedTail, content } = report;
  if (content !== "transcript") return describeOther(report, content);
  const types = Object.entries(report.types).map(([type, count]) => `${type} ${count}`);
  return [
    `transcript:  ${report.file}`,
    `size:        ${report.bytes} bytes, ${report.lines} lines, the longest ${report.longestLine.length} bytes`,
    `format:      ${report.format}`,
    `header:      ${header.state === "header" ? `${header.id}, version ${header.version ?? 1}` : header.state}`,
    `entries:     ${counts.entries} (${counts.linked} linked, ${counts.linear} linear, ${counts.unlinked} unlinked)`,
    `types:       ${types.join(", ") || "none"}`,
    `leaf:        ${leaf.id} (${leaf.shape})${links ? `, ${branchOf(report, links)}` : ""}`,
    ...(links && links.roots.total > 1
      ? listed("roots", links.roots, (item) => `at ${item.offset}: ${item.id ?? "a long line"}`)
      : []),
    ...listed("headers", report.furtherHeaders, (item) => `line ${item.line}: a further one`),
    ...listed("foreign", report.foreignLines, (item) => `line ${item.line}: ${item.format}`),
    ...listed(
      "surrogates",
      report.loneSurrogates,
      (item) => `line ${item.line}, at ${item.offset}`,
    ),
    ...listed("not UTF-8", report.invalidUtf8, (item) => `line ${item.line}, at ${item.offset}`),
    ...listed("malformed", malformed, (item) => `line ${item.line}: ${item.signature}`),
    ...(unterminatedTail
      ? [`torn tail:   ${unterminatedTail.length} bytes at ${unterminatedTail.offset}`]
      : []),
    ...(links
      ? [
          ...listed("dangling", links.dangling, (item) => `at ${item.offset}: ${item.parentId}`),
          ...listed("same id", links.duplicates.same, (item) => `at ${item.offset}: ${item.id}`),
          ...listed(
            "other body",
            links.duplicates.different,
            (item) => `at ${item.offset}: ${item.id}`,
          ),
          ...listed("cycles", links.cycles, (item) => `of ${item.entries} at ${item.offset}`),
          ...listed(
            "ahead",
            links.ahead,
            (item) => `at ${item.offset}: ${item.id}, whose logical parent is not before it`,
          ),
          ...listed("forks", links.forks, (item) => `at ${item.offset}: ${item.children} children`),
        ]
      : []),
    ...listed("cut batches", report.interruptedBatches, (item) => `at ${item.offset}`),
    `verdict:     ${report.ok ? "ok" : `damaged: ${report.problems.join(", ")}`}`,
    ...(report.ok ? [] : [NEXT]),
  ];
}

/** Of a file that is no transcript, what it is and what to do. */
function describeOther(report: VerifyReport, content: keyof typeof CONTENT_ADVICE): string[] {
  const { file, bytes, lines, malformed } = report;
  const canBeRepaired = content === "list" || content === "spread";
  return [
    `transcript:  ${file}`,
    `size:        ${bytes} bytes, ${lines} lines`,
    ...(canBeRepaired ? [`entries:     ${malformed.records} that a repair saves`] : []),
    `verdict:     no transcript: ${CONTENT_ADVICE[content]}`,
    ...(canBeRepaired ? [NEXT] : []),
  ];
}

/** How many entries there are from the leaf to its root, and where the others are. */
function branchOf({ counts, format }: VerifyReport, links: LinkFindings): string {
  const { branchLength, roots, dangling } = links;
  const others = counts.entries - branchLength;
  const branch = `branch of ${branchLength}`;
  if (others <= 0) return branch;
  const places = [
    ...(links.forks.total > 0 ? ["on other branches"] : []),
    ...(roots.total + dangling.total > 1 ? ["in other trees"] : []),
    ...(counts.unlinked > 0 || (counts.linear > 0 && format !== "codex") ? ["in no tree"] : []),
  ];
  const where = places.length > 0 ? ` (${places.join(", ")}: leaflog tree FILE)` : "";
  return `${branch}; the other ${others === 1 ? "entry is" : `${others} entries are`} not on it${where}`;
}

function listed<T>(name: string, { total, first }: Listed<T>, show: (item: T) => string): string[] {
  if (total === 0) return [];
  const rows = first.slice(0, PRINTED).map((item) => `  ${show(item)}`);
  const more = total > rows.length ? [`  and ${total - rows.length} more`] : [];
  return [`${`${name}:`.padEnd(13)}${total}`, ...rows, ...more];
}
