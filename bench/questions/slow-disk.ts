import { appendFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { idleTrial } from "../harness/idle-trial.js";
import { each, IDLE, IDLE_SERIES, type Question } from "../harness/question.js";
import { writingTrial } from "../harness/writing-trial.js";
import { appendInLanes } from "../workload/in-flight.js";
import { slowFileSystem } from "../workload/slow-file-system.js";
import { leaflogWriter } from "../writers/leaflog.js";
import type { WriterKind } from "../writers/writer.js";

/** Milliseconds that each operation takes more. */
const DELAY_MS = 20;
const COUNTS = {
  "one by one": { lanes: 1, count: 5 },
  "1,000 in flight": { lanes: 1000, count: 1000 },
} as const;

const WRITERS: Readonly<Record<string, WriterKind>> = {
  leaflog: leaflogWriter({ fileSystem: slowFileSystem(DELAY_MS) }),
  floor: {
    format: "lines",
    about: "one write on an open descriptor for each append, a single operation late",
    open: async (file) => {
      const handle = await open(file, "a");
      return {
        append: async (message) => {
          await wait(DELAY_MS);
          await handle.write(`${JSON.stringify({ type: "message", message })}\n`);
        },
        close: () => handle.close(),
      };
    },
  },
  appendFileSync: {
    format: "lines",
    about: "fs.appendFileSync, a single operation late: nothing else runs meanwhile",
    open: async (file) => ({
      append: async (message) => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, DELAY_MS);
        appendFileSync(file, `${JSON.stringify({ type: "message", message })}\n`);
        // Programs do something else between two appends.
        await turn();
      },
      close: () => undefined,
    }),
  },
};

/** A disk that is busy, far away, or a card in a small computer. */
export const slowDisk: Question = {
  name: "slow-disk",
  asks: "What does a disk on which each operation takes 20 ms more do to appends and event loop?",
  headline: "rate",
  columns: ["p50Ms", "p99Ms", "gapMs", "gapAboveIdleMs"],
  series: (form) => [
    IDLE_SERIES,
    ...each(["one by one"], ["leaflog", "floor", "appendFileSync"]),
    ...each(form === "full" ? ["1,000 in flight"] : [], ["leaflog"]),
  ],
  trial: async ({ case: name, arm }, { form, directory }) => {
    if (arm === IDLE) return idleTrial({ form });
    const { lanes, count } = COUNTS[name as keyof typeof COUNTS];
    return writingTrial({
      kind: WRITERS[arm] as WriterKind,
      directory,
      lineBytes: 300,
      work: (writer, messages) => appendInLanes(writer, messages, lanes, { count }),
    });
  },
};
