import { execFile } from "node:child_process";
import { copyFile, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openTranscript } from "../src/index.js";
import { type MirrorMessage, mirrorMessages } from "../src/mirror/index.js";

// What does it cost to mirror 100 new messages into a large transcript? Keys in every line; one
// child process a trial, arms interleaved, medians. The first call of a process reads the file.
const MiB = 1024 * 1024;
const ARMS = [
  { size: 1, keys: 400 },
  { size: 256, keys: 100_000 },
];
const ROUNDS = 7;
const NEW_MESSAGES = 100;
const LATER_CALLS = 30;
const IDLE_MS = 1500;

/** Milliseconds. A slice is what the main thread computes between two turns of the event loop. */
interface Figures {
  readonly idleGap: number;
  readonly idleSlice: number;
  readonly first: number;
  readonly firstCpu: number;
  readonly firstGap: number;
  readonly firstSlice: number;
  readonly later: number;
  readonly laterCpu: number;
  readonly laterGap: number;
  readonly laterSlice: number;
}

async function writeTranscript(file: string, bytes: number, keys: number): Promise<void> {
  const handle = await open(file, "w");
  await handle.write('{"type":"session","version":3,"id":"bench","cwd":"/"}\n');
  const text = 'words with \\ and "quotes" in them '.repeat(200).slice(0, bytes / keys - 280);
  let previous: string | null = null;
  let chunk: string[] = [];
  for (let n = 0; n < keys; n += 1) {
    const content = [{ type: "text", text }];
    const message = { role: "user", content, idempotencyKey: `thread:turn-${n}:prompt` };
    const timestamp = "2026-01-01T00:00:00.000Z";
    const entry: object = { type: "message", id: `e${n}`, parentId: previous, timestamp, message };
    chunk.push(`${JSON.stringify(entry)}\n`);
    previous = `e${n}`;
    if (chunk.length === 256) {
      await handle.write(chunk.join(""));
      chunk = [];
    }
  }
  await handle.write(chunk.join(""));
  await handle.close();
}

interface Timing {
  readonly ms: number;
  /** Processor time of the main thread, which other programs do not lengthen. */
  readonly cpu: number;
  /** Longest time between two turns of the event loop. */
  readonly gap: number;
  /** The same in processor time. */
  readonly slice: number;
}

/** Processor time of the main thread in milliseconds. */
function cpuTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

async function timed(work: () => Promise<unknown>): Promise<Timing> {
  let gap = 0;
  let slice = 0;
  let last = performance.now();
  let lastCpu = cpuTime();
  const look = () => {
    const now = performance.now();
    const cpu = cpuTime();
    gap = Math.max(gap, now - last);
    slice = Math.max(slice, cpu - lastCpu);
    last = now;
    lastCpu = cpu;
  };
  const startedAt = last;
  const startedCpu = lastCpu;
  const timer = setInterval(look, 1);
  await work();
  const ms = performance.now() - startedAt;
  look();
  clearInterval(timer);
  return { ms, cpu: lastCpu - startedCpu, gap, slice };
}

function newMessages(turn: string): MirrorMessage[] {
  return Array.from({ length: NEW_MESSAGES }, (_, number) => ({
    role: "user",
    content: `${turn} ${number} ${"text ".repeat(40)}`,
  }));
}

/** In a process that has mirrored elsewhere before. */
async function trial(file: string): Promise<Figures> {
  const mirror = async (target: string, turn: string) => {
    const messages = newMessages(turn);
    const { appended } = await mirrorMessages(target, { messages, scope: "thread" });
    if (appended !== NEW_MESSAGES) throw new Error(`${appended} messages were appended`);
  };
  const warm = `${file}.warm-${process.pid}`;
  for (let n = 0; n < 20; n += 1) await mirror(warm, `warm ${n}`);
  await rm(warm);
  const run = String(process.pid);
  const idle = await timed(() => new Promise((resolve) => setTimeout(resolve, IDLE_MS)));
  const first = await timed(() => mirror(file, `${run} first`));
  const later: Timing[] = [];
  for (let n = 0; n < LATER_CALLS; n += 1)
    later.push(await timed(() => mirror(file, `${run} ${n}`)));
  await using transcript = await openTranscript(file);
  const [last] = await transcript.tail(1);
  if (typeof last?.entry?.parentId !== "string") throw new Error("not linked");
  return {
    idleGap: idle.gap,
    idleSlice: idle.slice,
    first: first.ms,
    firstCpu: first.cpu,
    firstGap: first.gap,
    firstSlice: first.slice,
    later: median(later.map(({ ms }) => ms)),
    laterCpu: median(later.map(({ cpu }) => cpu)),
    laterGap: median(later.map(({ gap }) => gap)),
    laterSlice: median(later.map(({ slice }) => slice)),
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

async function compare(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "leaflog-bench-"));
  const trials = new Map(ARMS.map(({ size }) => [size, [] as Figures[]]));
  const nameOf = (size: number) => join(directory, `${size}.jsonl`);
  try {
    for (const { size, keys } of ARMS) await writeTranscript(nameOf(size), size * MiB, keys);
    const run = promisify(execFile);
    const self = fileURLToPath(import.meta.url);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [size, list] of trials) {
        const file = join(directory, "trial.jsonl");
        await copyFile(nameOf(size), file);
        const { stdout } = await run(process.execPath, [...process.execArgv, self, file]);
        list.push(JSON.parse(stdout) as Figures);
      }
    }
  } finally {
    await rm(directory, { recursive: true });
  }
  console.log(
    `mirroring ${NEW_MESSAGES} new messages, Node ${process.version}, median (best to worst) of ${ROUNDS} processes`,
  );
  const base = trials.get(ARMS[0]?.size ?? 0) as Figures[];
  for (const { size, keys } of ARMS) {
    const list = trials.get(size) as Figures[];
    console.log(`${size} MiB, ${keys} keys`);
    for (const [name, label] of LABELS) {
      const values = list.map((figures) => figures[name]).sort((a, b) => a - b);
      const ratio = median(values) / median(base.map((figures) => figures[name]));
      const range = `${values[0]?.toFixed(1)} to ${values.at(-1)?.toFixed(1)}`;
      console.log(
        `  ${label.padEnd(42)} ${median(values).toFixed(1).padStart(8)} ms  (${range})  ${ratio.toFixed(2)} x`,
      );
    }
  }
}

const LABELS: readonly (readonly [keyof Figures, string])[] = [
  ["idleGap", "idle: longest gap of the event loop"],
  ["idleSlice", "idle: longest slice"],
  ["first", "first call"],
  ["firstCpu", "first call: processor time"],
  ["firstGap", "first call: longest gap"],
  ["firstSlice", "first call: longest slice"],
  ["later", `later calls (median of ${LATER_CALLS})`],
  ["laterCpu", "later calls: processor time"],
  ["laterGap", "later calls: longest gap (median)"],
  ["laterSlice", "later calls: longest slice (median)"],
];

const [file] = process.argv.slice(2);
if (file === undefined) await compare();
else console.log(JSON.stringify(await trial(file)));
