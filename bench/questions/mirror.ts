import { join } from "node:path";
import { mirrorMessages } from "../../src/mirror/index.js";
import { checkWritten } from "../harness/check-written.js";
import { idleTrial } from "../harness/idle-trial.js";
import { measured } from "../harness/measured.js";
import { type Form, IDLE, IDLE_SERIES, type Question, type Series } from "../harness/question.js";
import { median } from "../harness/statistics.js";
import { readFixture, restoreFixture, writeFixture } from "../workload/fixture.js";

/** Keys in each file: one a line. */
const KEYS_OF: Readonly<Record<string, number>> = {
  "1 MB, 400 keys": 400,
  "4 MB, 1,600 keys": 1600,
  "256 MB, 100,000 keys": 100_000,
};
const LINE_BYTES = 2516;
const NEW_MESSAGES = 100;
const TEXT = "text ".repeat(40);
const FIRST = "first call";
const LATER = "later calls";
const LATER_CALLS = { short: 5, full: 30 } as const;
/** Calls elsewhere, before: this is no measurement of Node's compiler. */
const WARM_UPS = { short: 1, full: 20 } as const;

/** Bringing messages that were said elsewhere into a transcript whose entries all have keys. */
export const mirror: Question = {
  name: "mirror",
  asks: `How long does a mirroring of ${NEW_MESSAGES} new messages take, by the file's size?`,
  headline: "ms",
  columns: ["worstMs", "cpuMs", "gapMs", "gapAboveIdleMs", "gapCpuMs", "peakMb", "readMb"],
  series: (form) =>
    form === "full"
      ? [IDLE_SERIES, ...seriesOf(FIRST, sizes(form)), ...seriesOf(LATER, sizes(form))]
      : seriesOf(LATER, sizes(form)),
  prepare: async (directory, form) => {
    for (const size of sizes(form)) {
      const entries = KEYS_OF[size] as number;
      await writeFixture(directory, size, { lineBytes: LINE_BYTES, entries, keys: true });
    }
  },
  trial: async ({ case: name, arm }, { form, directory, fixtures }) => {
    if (arm === IDLE) return idleTrial({ form });
    const [size = "", call] = name.split(": ");
    const fixture = await readFixture(fixtures, size);
    await mirrorNew(join(directory, "warm-up"), "warm-up", WARM_UPS[form]);
    // The first call of a process reads the file.
    const [before, calls] = call === LATER ? [1, LATER_CALLS[form]] : [0, 1];
    await mirrorNew(fixture.path, "before", before);
    const { value, values, loop } = await measured(() =>
      mirrorNew(fixture.path, "measured", calls),
    );
    const count = (before + calls) * NEW_MESSAGES;
    const written = { format: "transcript", file: fixture.path, count, onto: fixture } as const;
    const fault = await checkWritten(written);
    await restoreFixture(fixture);
    const { cpuMs, readMb, ...rest } = values;
    const ofOneCall = {
      ms: median(value),
      ...(cpuMs !== undefined && { cpuMs: cpuMs / calls }),
      ...(readMb !== undefined && { readMb: readMb / calls }),
    };
    return {
      values: { ...rest, ...ofOneCall, worstMs: Math.max(...value) },
      gaps: loop.gaps,
      ...(fault !== undefined && { fault }),
    };
  },
};

function sizes(form: Form): string[] {
  return Object.keys(KEYS_OF).slice(0, form === "full" ? undefined : -1);
}

/** The arm says as well what the case does: a plot by size draws a line for each arm. */
function seriesOf(call: string, sizes: readonly string[]): Series[] {
  return sizes.map((size) => ({ case: `${size}: ${call}`, arm: `leaflog, ${call}` }));
}

/** So many calls, one after another, with new messages each; resolves to the milliseconds of each. */
async function mirrorNew(file: string, turn: string, calls: number): Promise<number[]> {
  const times: number[] = [];
  for (let call = 0; call < calls; call += 1) {
    const messages = Array.from({ length: NEW_MESSAGES }, (_, index) => ({
      role: "user",
      content: `${turn} ${call} ${index} ${TEXT}`,
    }));
    const startedAt = performance.now();
    await mirrorMessages(file, { messages, scope: "thread" });
    times.push(performance.now() - startedAt);
  }
  return times;
}
