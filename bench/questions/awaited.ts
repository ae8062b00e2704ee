import { each, type Form, type Question } from "../harness/question.js";
import { writingTrial } from "../harness/writing-trial.js";
import { readFixture, writeFixture } from "../workload/fixture.js";
import { appendInLanes } from "../workload/in-flight.js";
import type { LineBytes } from "../workload/messages.js";
import { writerKind } from "../writers/writers.js";

const KiB = 1024;
const MiB = 1024 * KiB;
const ONTO_BYTES = 64 * MiB;
const WORK_MS = { short: 60, full: 400 } as const;
/** Bytes of the files in `onto`. */
const ONTO = "64 MB";

interface Workload {
  readonly lineBytes: LineBytes;
  /** Appends behind a file that is there. */
  readonly large?: boolean;
}

const WORKLOADS: Readonly<Record<string, Workload>> = {
  "300 B, new file": { lineBytes: 300 },
  "4 KB, new file": { lineBytes: 4 * KiB },
  "300 B, 64 MB file": { lineBytes: 300, large: true },
  "4 KB, 64 MB file": { lineBytes: 4 * KiB, large: true },
  "recorded sizes, new file": { lineBytes: "recorded" },
  "1 MB, new file": { lineBytes: MiB },
};

const RIVALS = ["leaflog", "floor", "appendFile", "OpenClaw"];
const LONG_FORM = [
  ...each(["300 B, new file"], ["lock per append", "pi", "node:sqlite"]),
  ...each(["300 B, new file"], ["before", "sonic-boom + drain"]),
  ...each(["300 B, 64 MB file", "4 KB, 64 MB file"], RIVALS),
  ...each(["300 B, 64 MB file"], ["before"]),
  ...each(
    ["recorded sizes, new file", "1 MB, new file"],
    ["leaflog", "floor", "appendFile", "appendFileSync", "pi"],
  ),
];

/** One append after another, each waited for. */
export const awaited: Question = {
  name: "awaited",
  asks: "How many appends a second, when each waits for the one before?",
  headline: "rate",
  columns: ["p50Ms", "p99Ms", "worstMs"],
  series: (form: Form) => [
    ...each(["300 B, new file"], [...RIVALS, "appendFileSync"]),
    ...each(["4 KB, new file"], RIVALS),
    ...(form === "full" ? LONG_FORM : []),
  ],
  prepare: async (directory, form) => {
    if (form !== "full") return;
    await writeFixture(directory, ONTO, { lineBytes: 4 * KiB, bytes: ONTO_BYTES });
  },
  trial: async ({ case: name, arm }, { form, directory, fixtures }) => {
    const { lineBytes, large } = WORKLOADS[name] as Workload;
    const onto = large ? { onto: await readFixture(fixtures, ONTO) } : {};
    return writingTrial({
      kind: writerKind(arm),
      form,
      directory,
      lineBytes,
      ...onto,
      work: (writer, messages) => appendInLanes(writer, messages, 1, { ms: WORK_MS[form] }),
    });
  },
};
