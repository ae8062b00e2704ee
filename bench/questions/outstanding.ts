import { idleTrial } from "../harness/idle-trial.js";
import { each, type Form, IDLE, IDLE_SERIES, type Question } from "../harness/question.js";
import { writingTrial } from "../harness/writing-trial.js";
import { appendInLanes, appendOutstanding } from "../workload/in-flight.js";
import { writerKind } from "../writers/writers.js";

const COUNT = { short: 20_000, full: 100_000 } as const;
/**
 * Appends by which the slower arms are measured, so that all of it takes no hour. It is to their
 * advantage: the longer the file and the queue, the slower they are.
 */
const FEWER: Readonly<Record<string, Readonly<Record<Form, number>>>> = {
  "appendFile, 64 in flight": { short: 2000, full: 10_000 },
  "node:sqlite": { short: 5000, full: 20_000 },
  OpenClaw: { short: 50, full: 400 },
};
const FAST = ["leaflog", "sonic-boom", "sonic-boom tuned"];
const LANES = 64;

/** A producer that does not wait. */
export const outstanding: Question = {
  name: "outstanding",
  asks: "How many appends a second, when all are handed over without waiting for any?",
  headline: "rate",
  columns: ["gapMs", "gapAboveIdleMs", "gapCpuMs", "peakMb"],
  series: (form) => [
    IDLE_SERIES,
    ...each(
      [`${COUNT[form].toLocaleString("en")} x 300 B`],
      [...FAST, ...(form === "full" ? ["sonic-boom buffers"] : []), ...Object.keys(FEWER)],
    ),
  ],
  trial: async ({ arm }, { form, directory }) => {
    if (arm === IDLE) return idleTrial({ form });
    const count = (FEWER[arm] ?? COUNT)[form];
    const [name = arm, lanes] = arm.split(", ");
    return writingTrial({
      kind: writerKind(name),
      form,
      directory,
      lineBytes: 300,
      work: async (writer, messages) => {
        // Without a limit it would run out of descriptors.
        if (lanes !== undefined) await appendInLanes(writer, messages, LANES, { count });
        else await appendOutstanding(writer, messages, count);
        return count;
      },
    });
  },
};
