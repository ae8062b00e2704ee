import { execFile } from "node:child_process";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openTranscript } from "../src/index.js";

// Does the first append of a process cost more on a large transcript? One child process a trial,
// arms interleaved, medians.
const MiB = 1024 * 1024;
const ARMS = [1, 64, 600];
const ROUNDS = 15;
const LINE_BYTES = 4096;

/** A linked transcript of real lines, not a sparse one. */
async function writeTranscript(file: string, bytes: number): Promise<void> {
  const handle = await open(file, "w");
  await handle.write('{"type":"session","version":3,"id":"bench","cwd":"/"}\n');
  let previous: string | null = null;
  let chunk: string[] = [];
  const padding = "x".repeat(LINE_BYTES);
  for (let written = 0, n = 0; written < bytes; written += LINE_BYTES, n += 1) {
    chunk.push(
      `${JSON.stringify({ type: "message", id: `e${n}`, parentId: previous, padding })}\n`,
    );
    previous = `e${n}`;
    if (chunk.length === 256) {
      await handle.write(chunk.join(""));
      chunk = [];
    }
  }
  await handle.write(chunk.join(""));
  await handle.close();
}

/** Milliseconds of a cold append, in a process that has appended elsewhere before. */
async function trial(file: string): Promise<number> {
  await using warm = await openTranscript(`${file}.warm-${process.pid}`);
  for (let n = 0; n < 20; n += 1) await warm.append({ type: "warm-up" });
  const startedAt = performance.now();
  await using transcript = await openTranscript(file);
  const { parentId } = await transcript.append({ type: "cold" });
  const elapsed = performance.now() - startedAt;
  if (typeof parentId !== "string") throw new Error("not linked to the transcript's leaf");
  await rm(warm.file);
  return elapsed;
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

async function compare(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "leaflog-bench-"));
  const times = new Map(ARMS.map((size) => [size, [] as number[]]));
  try {
    for (const size of ARMS) await writeTranscript(join(directory, `${size}.jsonl`), size * MiB);
    const run = promisify(execFile);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [size, list] of times) {
        const file = join(directory, `${size}.jsonl`);
        const self = fileURLToPath(import.meta.url);
        const { stdout } = await run(process.execPath, [...process.execArgv, self, file]);
        list.push(Number(stdout));
      }
    }
  } finally {
    await rm(directory, { recursive: true });
  }
  const base = median(times.get(ARMS[0] as number) as number[]);
  console.log(`cold append, Node ${process.version}, median of ${ROUNDS} processes`);
  for (const [size, list] of times) {
    const ms = median(list);
    console.log(
      `${String(size).padStart(6)} MiB  ${ms.toFixed(2)} ms  ${(ms / base).toFixed(2)} x`,
    );
  }
}

const [file] = process.argv.slice(2);
if (file === undefined) await compare();
else console.log(await trial(file));
