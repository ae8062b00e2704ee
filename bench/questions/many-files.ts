import { join } from "node:path";
import { checkWritten } from "../harness/check-written.js";
import { idleTrial } from "../harness/idle-trial.js";
import { latencyValues, measured } from "../harness/measured.js";
import { each, IDLE, IDLE_SERIES, type Question } from "../harness/question.js";
import { warmUp } from "../harness/warm-up.js";
import { appendInLanes } from "../workload/in-flight.js";
import { Messages } from "../workload/messages.js";
import type { Writer } from "../writers/writer.js";
import { writerKind } from "../writers/writers.js";

const FILES = 200;
const APPENDS_EACH = { short: 15, full: 100 } as const;
const LANES: Readonly<Record<string, number>> = {
  "200 files, one by one each": 1,
  "200 files, 10 in flight each": 10,
};
/** Files looked at afterwards, besides the last one. */
const CHECKED_EVERY = 10;

/** Many sessions in one process. */
export const manyFiles: Question = {
  name: "many-files",
  asks: "How many appends a second to 200 files at once?",
  headline: "rate",
  columns: ["p50Ms", "p99Ms", "gapMs", "gapAboveIdleMs", "gapCpuMs", "peakMb"],
  series: (form) => [
    IDLE_SERIES,
    ...each(["200 files, one by one each"], ["leaflog", "floor", "appendFile"]),
    ...each(form === "full" ? ["200 files, 10 in flight each"] : [], [
      "leaflog",
      "floor",
      "appendFile",
    ]),
  ],
  trial: async ({ case: name, arm }, { form, directory }) => {
    if (arm === IDLE) return idleTrial({ form });
    const kind = writerKind(arm);
    const messages = new Messages(300);
    const count = APPENDS_EACH[form];
    const appendToAll = async (files: readonly string[]) => {
      const appendTo = async (writer: Writer) => {
        const latencies = await appendInLanes(writer, messages, LANES[name] as number, { count });
        await writer.close();
        return latencies;
      };
      return (await Promise.all(files.map(async (file) => appendTo(await kind.open(file))))).flat();
    };
    await warmUp(form, (turn) => appendToAll(filesIn(directory, `warm-up-${turn}`)));
    const files = filesIn(directory, "written");
    const { value, ms, values, loop } = await measured(() => appendToAll(files));
    const { latency, values: calls } = latencyValues(value);
    const faults = await Promise.all(
      files
        .filter((_, index) => index % CHECKED_EVERY === 0 || index === FILES - 1)
        .map((file) => checkWritten({ format: kind.format, file, count })),
    );
    const fault = faults.find((found) => found !== undefined);
    return {
      values: { rate: (1000 * value.length) / ms, ...values, ...calls },
      gaps: loop.gaps,
      latency,
      ...(fault !== undefined && { fault }),
    };
  },
};

function filesIn(directory: string, name: string): string[] {
  return Array.from({ length: FILES }, (_, index) => join(directory, `${name}-${index}`));
}
