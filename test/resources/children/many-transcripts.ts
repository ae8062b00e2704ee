import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { queryObjects } from "node:v8";
import PQueue from "p-queue";
import { TranscriptWriter } from "../../../src/append/queue/transcript-writer.js";
import { openTranscript } from "../../../src/index.js";
import { WriteLock } from "../../../src/lock/write-lock.js";
import { Transcript } from "../../../src/transcript/transcript.js";

// Opens, appends to and closes many transcripts, and prints what this process holds before and
// after. Run with --expose-gc.
const [directory = "", count = "0"] = process.argv.slice(2);
/** Transcripts that live at the same time. */
const LIVE = 250;

let mostDescriptors = 0;

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

async function useOne(name: string): Promise<void> {
  const transcript = await openTranscript(join(directory, name));
  await Promise.all([transcript.append({ type: "a" }), transcript.append({ type: "b" })]);
  await transcript.leaf();
  mostDescriptors = Math.max(mostDescriptors, descriptors());
  await transcript.close();
}

async function useMany(prefix: string, total: number): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < total) await useOne(`${prefix}${next++}.jsonl`);
  };
  await Promise.all(Array.from({ length: LIVE }, worker));
}

function alive(kind: new (...args: never[]) => object): number {
  return queryObjects(kind, { format: "count" });
}

async function holdings(): Promise<Record<string, unknown>> {
  // A turn for what is on its way out, and for the collector to notice.
  await wait(50);
  globalThis.gc?.();
  await wait(50);
  globalThis.gc?.();
  return {
    descriptors: descriptors(),
    resources: process.getActiveResourcesInfo().sort(),
    heapUsed: process.memoryUsage().heapUsed,
    transcripts: alive(Transcript),
    writers: alive(TranscriptWriter),
    locks: alive(WriteLock),
    queues: alive(PQueue),
  };
}

// What is loaded and compiled once, and grown once, is no leak.
await useMany("warm", 2 * LIVE);
mostDescriptors = 0;
const before = await holdings();
await useMany("", Number(count));
const after = await holdings();

// No slot is left taken: with one slot in all there would be none left.
await using last = await openTranscript(join(directory, "last.jsonl"), { maxOpenFiles: 1 });
await last.append({ type: "a" }, { timeoutMs: 2000 });
console.log(JSON.stringify({ before, after, mostDescriptors }));
