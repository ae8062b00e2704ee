import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { copyFile, mkdtemp, open, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { nodeFileSystem } from "../src/file/node-file-system.js";
import {
  type FileSystem,
  migrateTranscript,
  openTranscript,
  type Transcript,
  verifyTranscript,
} from "../src/index.js";

// What do the readers, verify and migrate hold in memory, how long do they keep the event loop, and
// how much do they read? One child process a trial, plain JavaScript, beside a 1 ms heartbeat.
//
//   tsx bench/readers.ts [--mib 1024] [--rounds 3] [--directory DIR] [--json] [name …]
const MiB = 1024 * 1024;
const IDLE_MS = 500;

/** A transcript that the arms read. */
type Fixture = "linked" | "linear" | "line" | "chain";

interface Arm {
  readonly fixture: Fixture;
  /** Most bytes read, where that is promised. */
  readonly maxRead?: number;
  /** Resolves to something that shows that the work was done. */
  readonly run: (transcript: Transcript, facts: FixtureFacts) => Promise<unknown>;
}

interface FixtureFacts {
  readonly file: string;
  readonly entries: number;
  readonly firstId: string;
  readonly fileSystem: FileSystem;
}

const ARMS: Record<string, Arm> = {
  idle: { fixture: "linked", run: async () => "nothing" },
  entries: { fixture: "linked", run: (transcript, facts) => all(transcript.entries(), facts) },
  "entries reverse": {
    fixture: "linked",
    run: (transcript, facts) => all(transcript.entries({ reverse: true }), facts),
  },
  // What one would write without leaflog.
  "readline and JSON.parse": {
    fixture: "linked",
    run: async (_, { file, entries }) => {
      let count = 0;
      for await (const line of createInterface({ input: createReadStream(file) })) {
        if (JSON.parse(line).type !== "session") count += 1;
      }
      return expectCount(count, entries);
    },
  },
  "tail 100": {
    fixture: "linked",
    maxRead: 2_000_000,
    run: async (transcript) => expectCount((await transcript.tail(100)).length, 100),
  },
  "page 100": {
    fixture: "linked",
    maxRead: 2_000_000,
    run: async (transcript) => {
      const { entries } = await transcript.page({
        direction: "backward",
        limit: 100,
        maxBytes: 64 * MiB,
      });
      return expectCount(entries.length, 100);
    },
  },
  "branch 100": {
    fixture: "linked",
    maxRead: 2_000_000,
    run: async (transcript) => {
      let count = 0;
      for await (const _ of transcript.branch()) if (++count === 100) break;
      return expectCount(count, 100);
    },
  },
  branch: { fixture: "linked", run: (transcript, facts) => all(transcript.branch(), facts) },
  "branch of 100,000": {
    fixture: "chain",
    run: (transcript, facts) => all(transcript.branch(), facts),
  },
  "entry by id": {
    fixture: "linked",
    run: async (transcript, { firstId }) => (await transcript.entry(firstId))?.offset,
  },
  follow: {
    fixture: "linked",
    run: async (transcript, { entries }) => {
      let count = 0;
      for await (const _ of transcript.follow({ from: "start" })) if (++count === entries) break;
      return expectCount(count, entries);
    },
  },
  snapshot: {
    fixture: "linked",
    run: async (transcript) => {
      const { size, stream } = await transcript.snapshot();
      let bytes = 0;
      for await (const chunk of stream) bytes += (chunk as Buffer).length;
      return expectCount(bytes, size);
    },
  },
  verify: {
    fixture: "linked",
    run: async (_, { file, fileSystem, entries }) => {
      const { ok, counts } = await verifyTranscript(file, { fileSystem });
      if (!ok) throw new Error("the fixture is damaged");
      return expectCount(counts.entries, entries);
    },
  },
  migrate: {
    fixture: "linear",
    run: async (_, { file, fileSystem, entries }) => {
      const { migrated } = await migrateTranscript(file, { backup: false, fileSystem });
      return expectCount(migrated, entries);
    },
  },
  "128 MiB line: leaf": {
    fixture: "line",
    run: async (transcript) => (await transcript.leaf()).id,
  },
  "128 MiB line: entries": {
    fixture: "line",
    run: (transcript, facts) => all(transcript.entries(), facts),
  },
  "128 MiB line: verify": {
    fixture: "line",
    run: async (_, { file, fileSystem }) => (await verifyTranscript(file, { fileSystem })).ok,
  },
};

async function all(entries: AsyncIterable<unknown>, facts: FixtureFacts): Promise<number> {
  let count = 0;
  for await (const _ of entries) count += 1;
  return expectCount(count, facts.entries);
}

function expectCount(count: number, expected: number): number {
  if (count !== expected) throw new Error(`${count}, not ${expected}`);
  return count;
}

/** The same numbers at every run. */
function randomNumbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Characters of an entry's text: half below 600, tool results up to 200 KB, some images of 1 MB. */
function textLength(random: () => number): number {
  const kind = random();
  if (kind < 0.00002) return 1_000_000;
  if (kind < 0.0008) return 50_000 + 150_000 * random();
  return Math.min(50_000, 500 * Math.exp(1.1 * normal(random)));
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

const WORDS = 'const value = "text";\n\tif (value !== undefined) return { path: "C:\\dir" };\n';

/** Writes a transcript of about so many bytes; returns how many entries it has. */
async function writeTranscript(file: string, bytes: number, fixture: Fixture): Promise<number> {
  const handle = await open(file, "w");
  const random = randomNumbers();
  let written = 0;
  let count = 0;
  let chunk: string[] = [];
  let chunkLength = 0;
  const add = async (entry: object): Promise<void> => {
    const line = `${JSON.stringify(entry)}\n`;
    chunk.push(line);
    chunkLength += line.length;
    if (chunkLength < MiB) return;
    written += (await handle.write(chunk.join(""))).bytesWritten;
    chunk = [];
    chunkLength = 0;
  };
  await add({ type: "session", version: 3, id: "bench", timestamp: "2026-01-01", cwd: "/" });
  let parentId: string | null = null;
  while (written + chunkLength < bytes && (fixture !== "chain" || count < 100_000)) {
    const length = fixture === "line" ? bytes - 1000 : textLength(random);
    // One text in ten is not all ASCII.
    const words = random() < 0.1 ? `${WORDS}– “naïve” 😀 ` : WORDS;
    const text = words.repeat(Math.ceil(length / words.length)).slice(0, length);
    const message = { role: "assistant", content: [{ type: "text", text }] };
    const id = `entry-${count}`;
    const links = fixture === "linear" ? {} : { id, parentId };
    await add({ type: "message", ...links, timestamp: "2026-01-01T00:00:00.000Z", message });
    parentId = id;
    count += 1;
  }
  await handle.write(chunk.join(""));
  await handle.close();
  return count;
}

/** Beats every millisecond, and notes how late it was at worst. */
class Heartbeat {
  #timer: NodeJS.Timeout | undefined;
  #last = 0;
  #lastCpu = 0;
  /** Milliseconds between two beats, by the clock and of the main thread's own work. */
  worst = 0;
  worstCpu = 0;

  start(): void {
    this.#last = performance.now();
    this.#lastCpu = threadCpuMs();
    this.#timer = setInterval(() => this.#beat(), 1);
  }

  stop(): { gap: number; cpuGap: number } {
    clearInterval(this.#timer);
    this.#beat();
    return { gap: this.worst, cpuGap: this.worstCpu };
  }

  #beat(): void {
    const now = performance.now();
    const cpu = threadCpuMs();
    this.worst = Math.max(this.worst, now - this.#last);
    this.worstCpu = Math.max(this.worstCpu, cpu - this.#lastCpu);
    this.#last = now;
    this.#lastCpu = cpu;
  }
}

/** Before Node 23.9 the work of the process's other threads counts too. */
function threadCpuMs(): number {
  const { user, system } = (process.threadCpuUsage ?? process.cpuUsage).call(process);
  return (user + system) / 1000;
}

interface Trial {
  /** Milliseconds. */
  readonly ms: number;
  readonly cpu: number;
  readonly gap: number;
  readonly cpuGap: number;
  readonly idleGap: number;
  readonly idleCpuGap: number;
  /** Bytes. */
  readonly read: number;
  readonly peak: number;
  readonly base: number;
}

async function trial(name: string, file: string, entries: number): Promise<Trial> {
  let read = 0;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    open: async (path, how, mode) => {
      const opened = await nodeFileSystem.open(path, how, mode);
      const readBytes = opened.read.bind(opened);
      opened.read = async (buffer, offset, length, position) => {
        const bytes = await readBytes(buffer, offset, length, position);
        read += bytes;
        return bytes;
      };
      return opened;
    },
  };
  const idle = new Heartbeat();
  idle.start();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const { gap: idleGap, cpuGap: idleCpuGap } = idle.stop();
  await using transcript = await openTranscript(file, { fileSystem });
  const base = process.memoryUsage.rss();
  const busy = new Heartbeat();
  busy.start();
  const startedAt = performance.now();
  const { user, system } = process.cpuUsage();
  await (ARMS[name] as Arm).run(transcript, { file, entries, firstId: "entry-0", fileSystem });
  const ms = performance.now() - startedAt;
  const gaps = busy.stop();
  const used = process.cpuUsage({ user, system });
  const cpu = (used.user + used.system) / 1000;
  const peak = process.resourceUsage().maxRSS * 1024;
  return { ms, cpu, ...gaps, idleGap, idleCpuGap, read, peak, base };
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function report(name: string, trials: readonly Trial[]): Record<string, string | number> {
  const of = (pick: (trial: Trial) => number): number => median(trials.map(pick));
  const tenth = (value: number): number => Math.round(value * 10) / 10;
  const read = of((each) => each.read);
  const { maxRead } = ARMS[name] as Arm;
  return {
    arm: name,
    ms: tenth(of((each) => each.ms)),
    "cpu ms": tenth(of((each) => each.cpu)),
    "peak MiB": tenth(of((each) => each.peak) / MiB),
    "start MiB": tenth(of((each) => each.base) / MiB),
    "gap ms": tenth(of((each) => each.gap)),
    "idle ms": tenth(of((each) => each.idleGap)),
    "cpu gap ms": tenth(of((each) => each.cpuGap)),
    "read MiB": tenth(read / MiB),
    ...(maxRead !== undefined && read > maxRead && { missed: "read" }),
  };
}

async function compare(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      mib: { type: "string", default: "1024" },
      rounds: { type: "string", default: "3" },
      directory: { type: "string", default: tmpdir() },
      json: { type: "boolean", default: false },
    },
  });
  // Of tsx's dependencies; the children start without it, which takes memory of its own.
  const { build } = await import("esbuild");
  const directory = await mkdtemp(join(values.directory, "leaflog-bench-"));
  const names = Object.keys(ARMS).filter(
    (name) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
  );
  const trials = new Map(names.map((name) => [name, [] as Trial[]]));
  try {
    const child = join(directory, "trial.mjs");
    await build({
      entryPoints: [fileURLToPath(import.meta.url)],
      outfile: child,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node20",
      external: ["esbuild"],
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
    });
    const run = promisify(execFile);
    const fixtures = new Map<Fixture, { file: string; entries: number }>();
    for (const name of names) {
      const { fixture } = ARMS[name] as Arm;
      if (fixtures.has(fixture)) continue;
      const file = join(directory, `${fixture}.jsonl`);
      const bytes = fixture === "line" ? 128 * MiB : Number(values.mib) * MiB;
      fixtures.set(fixture, { file, entries: await writeTranscript(file, bytes, fixture) });
    }
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const [name, list] of trials) {
        const fixture = fixtures.get((ARMS[name] as Arm).fixture) as {
          file: string;
          entries: number;
        };
        let { file } = fixture;
        if (name === "migrate") {
          await copyFile(file, `${file}.copy`);
          file += ".copy";
        }
        const { stdout } = await run(process.execPath, [
          child,
          "--trial",
          name,
          file,
          String(fixture.entries),
        ]);
        list.push(JSON.parse(stdout) as Trial);
      }
    }
  } finally {
    await rm(directory, { recursive: true });
  }
  const rows = [...trials].map(([name, list]) => report(name, list));
  if (values.json) {
    console.log(JSON.stringify(rows));
    return;
  }
  console.log(
    `${values.mib} MiB, medians of ${values.rounds}, Node ${process.version}, ${cpus()[0]?.model}`,
  );
  console.table(rows);
}

const [flag, name = "", file = "", entries = "0"] = process.argv.slice(2);
if (flag === "--trial") console.log(JSON.stringify(await trial(name, file, Number(entries))));
else await compare();
