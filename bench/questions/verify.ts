import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { verifyTranscript } from "../../src/index.js";
import { idleTrial } from "../harness/idle-trial.js";
import { measured } from "../harness/measured.js";
import { each, type Form, IDLE, IDLE_SERIES, type Question } from "../harness/question.js";
import { readFixture, writeFixture } from "../workload/fixture.js";

const MiB = 1024 * 1024;
const MB = { short: 32, full: 256 } as const;

/** Checks a fixture; resolves to how many entries are linked to the one before. */
type Check = (file: string) => Promise<number>;

const CHECKS: Readonly<Record<string, Check>> = {
  "leaflog verify": async (file) => {
    const { ok, counts } = await verifyTranscript(file);
    return ok ? counts.linked : 0;
  },
  // As little as tells a fork and a missing parent.
  "readline + JSON.parse + Set": async (file) => {
    const ids = new Set<string | null>([null]);
    let linked = 0;
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const { type, id, parentId } = JSON.parse(line);
      if (type === "session") continue;
      if (ids.has(parentId)) linked += 1;
      ids.add(id);
    }
    return linked;
  },
};

/** Looking at all of a transcript for what may be wrong with it. */
export const verify: Question = {
  name: "verify",
  asks: "How many MB a second are verified, and what happens to the event loop meanwhile?",
  headline: "megabytesPerSecond",
  columns: ["ms", "gapMs", "gapAboveIdleMs", "gapCpuMs", "peakMb", "readMb"],
  series: (form) => [IDLE_SERIES, ...each([caseOf(form)], Object.keys(CHECKS))],
  prepare: async (directory, form) => {
    const bytes = MB[form] * MiB;
    await writeFixture(directory, caseOf(form), { lineBytes: "recorded", bytes });
  },
  trial: async ({ case: name, arm }, { form, fixtures }) => {
    if (arm === IDLE) return idleTrial({ form });
    const fixture = await readFixture(fixtures, name);
    const check = CHECKS[arm] as Check;
    const { value, ms, values, loop } = await measured(() => check(fixture.path));
    return {
      values: { megabytesPerSecond: fixture.bytes / 1e6 / (ms / 1000), ...values },
      gaps: loop.gaps,
      ...(value !== fixture.entries && { fault: `${value} linked of ${fixture.entries}` }),
    };
  },
};

function caseOf(form: Form): string {
  return `${MB[form]} MB, recorded sizes`;
}
