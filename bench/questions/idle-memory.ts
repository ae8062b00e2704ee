import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { openTranscript, type Transcript } from "../../src/index.js";
import { each, type Question } from "../harness/question.js";

/** Transcripts that are open at the same time. */
const OPENED = { short: 1000, full: 10_000 } as const;
/** Those that have been appended to take as many files. */
const APPENDED = { short: 1000, full: 10_000 } as const;
/** Opened at a time. */
const TOGETHER = 100;
/** Milliseconds in which leases and descriptors are given back. */
const SETTLE_MS = 60;

/** Transcripts that are open while nobody appends. */
export const idleMemory: Question = {
  name: "idle-memory",
  asks: "How many bytes of memory does an open idle transcript take?",
  headline: "bytesEach",
  columns: ["ms"],
  series: (form) => each([`${OPENED[form]} opened`, `${APPENDED[form]} appended to`], ["leaflog"]),
  trial: async ({ case: name }, { directory }) => {
    const count = Number.parseInt(name, 10);
    const append = name.endsWith("appended to");
    const use = async (index: string) => {
      const transcript = await openTranscript(join(directory, index));
      if (append) await transcript.append({ type: "custom" });
      return transcript;
    };
    // What is loaded and compiled once is no part of any transcript.
    for (let index = 0; index < TOGETHER; index += 1) await (await use(`warm-${index}`)).close();
    const before = await bytesInUse();
    const startedAt = performance.now();
    const transcripts: Transcript[] = [];
    for (let from = 0; from < count; from += TOGETHER) {
      const some = Array.from({ length: TOGETHER }, (_, index) => use(`${from + index}`));
      transcripts.push(...(await Promise.all(some)));
    }
    const ms = performance.now() - startedAt;
    const bytesEach = ((await bytesInUse()) - before) / count;
    const fault = transcripts.length === count ? {} : { fault: `${transcripts.length} opened` };
    return { values: { bytesEach, ms }, ...fault };
  },
};

async function bytesInUse(): Promise<number> {
  await wait(SETTLE_MS);
  globalThis.gc?.();
  await wait(1);
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
