import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { LeaflogError } from "../../base/errors.js";
import { newHeader } from "../../entry/header.js";
import type { TranscriptOptions } from "../../options/options.js";
import { openTranscript } from "../../transcript/open-transcript.js";
import type { Transcript } from "../../transcript/transcript.js";
import { ensureThere, parse, wholeNumber } from "../output/arguments.js";
import type { Command } from "../output/command.js";
import { entryLine } from "../output/entry-line.js";
import { EXIT, UsageError } from "../output/exit-code.js";
import { printable, printableJson } from "../output/printable.js";
import { type ChainCheck, checkChain } from "./chain-check.js";
import { Heartbeat, type HeartbeatReport } from "./heartbeat.js";

const CHILDREN = 4;
const ENTRIES_EACH = 500;
const LINEAR_ENTRIES = 1000;
const LAST_ENTRIES = 5;
/** Appends that a writer has under way at once. */
const IN_FLIGHT = 10;
/** One chain is to be shown, however large the linear transcript. */
const OPTIONS: TranscriptOptions = { linear: "migrate" };

/** What the demo found. */
export interface DemoReport {
  readonly path: string;
  readonly entriesBefore: number;
  readonly entriesAfter: number;
  readonly migrated: boolean;
  readonly appendsPerSecond: number;
  readonly worstStallMs: number;
  readonly worstStallCpuMs: number;
  readonly oneChain: boolean;
  readonly problems: readonly string[];
}

export const demo: Command = {
  usage: "demo [FILE] [--json]",
  summary: "five processes append to a copy of FILE, or to a transcript made up, at the same time",
  async run(args, console) {
    const { values, positionals } = parse(args, {});
    if (positionals.length > 1) throw new UsageError(`usage: leaflog ${demo.usage}`);
    const [original] = positionals;
    if (original !== undefined) await ensureThere(original);
    const path = join(await mkdtemp(join(tmpdir(), "leaflog-demo-")), "transcript.jsonl");
    const { report, last } = await show(original, path);
    if (values.json) console.out(printableJson(report));
    else
      for (const line of [...describe(report, original !== undefined), ...last]) console.out(line);
    return report.oneChain ? EXIT.ok : EXIT.damage;
  },
};

/** What fails leaves no copy behind, and is told of the file that the user knows. */
async function show(original: string | undefined, path: string) {
  try {
    if (original === undefined) await writeLinearTranscript(path);
    else await copyTranscript(original, path);
    return await appendFromEverywhere(path);
  } catch (error) {
    await rm(dirname(path), { recursive: true });
    if (!(error instanceof LeaflogError) || original === undefined) throw error;
    const { code, message, file, cause } = error;
    throw new LeaflogError(code, message.replace(` (${file})`, ""), {
      file: resolve(original),
      cause,
    });
  }
}

/** The part of a child process: waits for the word, then appends. */
export const demoWriter: Command = {
  usage: "demo-writer FILE WRITER",
  summary: "one of the demo's writers",
  async run(args) {
    const [path = "", writer] = args;
    if (!process.send) throw new UsageError("demo-writer is started by leaflog demo");
    await using transcript = await openTranscript(path, OPTIONS);
    process.send("ready");
    await once(process, "message");
    await appendMany(transcript, wholeNumber("WRITER", writer, 0));
    process.disconnect();
    return EXIT.ok;
  },
};

async function appendFromEverywhere(path: string): Promise<{ report: DemoReport; last: string[] }> {
  await using transcript = await openTranscript(path, OPTIONS);
  const before = await checkChain(transcript);
  await warmUp(`${path}.warm-up`);
  const children = Array.from({ length: CHILDREN }, (_, index) => startWriter(path, index + 1));
  const heartbeat = new Heartbeat();
  let seconds: number;
  let stall: HeartbeatReport;
  try {
    await Promise.all(children.map(untilReady));
    heartbeat.start();
    const startedAt = performance.now();
    await Promise.all([appendMany(transcript, 0), ...children.map(runWriter)]);
    seconds = (performance.now() - startedAt) / 1000;
  } finally {
    stall = heartbeat.stop();
    for (const child of children) child.kill();
  }
  const after = await checkChain(transcript, before);
  const added = (CHILDREN + 1) * ENTRIES_EACH;
  const problems = [...after.problems, ...miscounts(before, after, added)];
  const last = await transcript.tail(LAST_ENTRIES);
  return {
    report: {
      path,
      entriesBefore: before.entries,
      entriesAfter: after.entries,
      migrated: before.linear > 0 && after.linear === 0,
      appendsPerSecond: Math.round(added / seconds),
      worstStallMs: tenths(stall.worstMs),
      worstStallCpuMs: tenths(stall.worstCpuMs),
      oneChain: problems.length === 0,
      problems,
    },
    last: ["last entries:", ...last.map((record) => `  ${entryLine(record)}`)],
  };
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function miscounts(before: ChainCheck, after: ChainCheck, added: number): string[] {
  const expected = before.entries + added;
  return [
    ...(after.entries === expected ? [] : [`${expected} entries expected, ${after.entries} found`]),
    ...(after.linear === 0 ? [] : [`${after.linear} entries are linear`]),
  ];
}

/** The first append of a process loads the lock, about 10 ms that are not what the demo measures. */
async function warmUp(path: string): Promise<void> {
  await using transcript = await openTranscript(path);
  await transcript.append({ type: "custom", customType: "leaflog-demo-warm-up" });
}

function startWriter(path: string, writer: number): ChildProcess {
  return fork(process.argv[1] as string, ["demo-writer", path, String(writer)]);
}

async function untilReady(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit").then(([code, signal]) => {
    throw new Error(`a writer ended with ${signal ?? `exit code ${code}`} before it began`);
  });
  await Promise.race([once(child, "message"), ended]);
}

async function runWriter(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.send("go");
  const [code, signal] = await exited;
  if (code !== 0) throw new Error(`a writer ended with ${signal ?? `exit code ${code}`}`);
}

async function appendMany(transcript: Transcript, writer: number): Promise<void> {
  for (let sequence = 0; sequence < ENTRIES_EACH; sequence += IN_FLIGHT) {
    const group = Array.from({ length: IN_FLIGHT }, (_, index) =>
      transcript.append({
        type: "custom",
        customType: "leaflog-demo",
        data: demoData(writer, sequence + index),
      }),
    );
    await Promise.all(group);
  }
}

function demoData(writer: number, sequence: number) {
  const text = `writer ${writer}, entry ${sequence}`;
  return { writer, sequence, text, padding: ".".repeat((sequence * 37) % 1500) };
}

/** Copies the permission bits with it, which may forbid to append. */
async function copyTranscript(original: string, path: string): Promise<void> {
  await copyFile(original, path);
  await chmod(path, 0o600);
}

/** A transcript as writers without links leave it. */
async function writeLinearTranscript(path: string): Promise<void> {
  const lines = [newHeader(process.cwd()).line];
  for (let index = 0; index < LINEAR_ENTRIES; index += 1) {
    const role = index % 2 === 0 ? "user" : "assistant";
    const message = { role, content: [{ type: "text", text: `message ${index}` }] };
    const timestamp = new Date().toISOString();
    lines.push(`${JSON.stringify({ type: "message", timestamp, message })}\n`);
  }
  await writeFile(path, lines.join(""), { mode: 0o600 });
}

function describe(report: DemoReport, isCopy: boolean): string[] {
  const copy = isCopy ? " (a copy: remove it when you have seen it)" : "";
  return [
    `transcript:   ${printable(report.path)}${copy}`,
    `entries:      ${report.entriesBefore} before, ${report.entriesAfter} after`,
    `migrated:     ${report.migrated ? "yes" : "no"}`,
    `appends/s:    ${report.appendsPerSecond} (${CHILDREN + 1} processes, ${ENTRIES_EACH} each)`,
    `worst stall:  ${report.worstStallMs} ms of this process's event loop, at most ${report.worstStallCpuMs} ms of it its own computing`,
    `one chain:    ${report.oneChain ? "yes" : "NO"}`,
    ...report.problems.map((problem) => `  ${printable(problem)}`),
  ];
}
