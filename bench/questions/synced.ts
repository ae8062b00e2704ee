import { each, type Question } from "../harness/question.js";
import { writingTrial } from "../harness/writing-trial.js";
import { appendInLanes } from "../workload/in-flight.js";
import { writerKind } from "../writers/writers.js";

const WORK_MS = { short: 100, full: 500 } as const;
const LANES: Readonly<Record<string, number>> = { "one by one": 1, "64 in flight": 64 };

/** Appends that are to survive a power loss. */
export const synced: Question = {
  name: "synced",
  asks: "How many appends a second, each acknowledged when fdatasync has returned?",
  headline: "rate",
  columns: ["p50Ms", "p99Ms", "worstMs"],
  series: () => [
    ...each(["one by one"], ["leaflog synced", "floor + fdatasync", "node:sqlite FULL"]),
    ...each(["64 in flight"], ["leaflog synced", "floor + fdatasync"]),
  ],
  trial: ({ case: name, arm }, { form, directory }) =>
    writingTrial({
      kind: writerKind(arm),
      form,
      directory,
      lineBytes: 300,
      work: (writer, messages) =>
        appendInLanes(writer, messages, LANES[name] as number, { ms: WORK_MS[form] }),
    }),
};
