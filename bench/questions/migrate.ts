import { constants, copyFile } from "node:fs/promises";
import { join } from "node:path";
import { migrateTranscript, verifyTranscript } from "../../src/index.js";
import { idleTrial } from "../harness/idle-trial.js";
import { measured } from "../harness/measured.js";
import { each, type Form, IDLE, IDLE_SERIES, type Question } from "../harness/question.js";
import { readFixture, writeFixture } from "../workload/fixture.js";
import { loadPi } from "../writers/pi.js";

const MiB = 1024 * 1024;
const MB = { short: 32, full: 256 } as const;

const MIGRATIONS: Readonly<Record<string, (file: string) => Promise<unknown>>> = {
  "leaflog migrate": (file) => migrateTranscript(file),
  // It rewrites an old session when it opens it.
  "pi open": async (file) => (await loadPi()).open(file).getEntries().length,
};

/** Linking a transcript that agents of old left without ids and parents. */
export const migrate: Question = {
  name: "migrate",
  asks: "How many MB a second are migrated, and what happens to the event loop meanwhile?",
  headline: "megabytesPerSecond",
  columns: ["ms", "gapMs", "gapAboveIdleMs", "gapCpuMs", "peakMb", "readMb"],
  series: (form) => [IDLE_SERIES, ...each([caseOf(form)], Object.keys(MIGRATIONS))],
  prepare: async (directory, form) => {
    const bytes = MB[form] * MiB;
    await writeFixture(directory, caseOf(form), { lineBytes: "recorded", bytes, linear: true });
  },
  trial: async ({ case: name, arm }, { form, directory, fixtures }) => {
    if (arm === IDLE) return idleTrial({ form });
    const fixture = await readFixture(fixtures, name);
    const file = join(directory, "linear.jsonl");
    await copyFile(fixture.path, file, constants.COPYFILE_FICLONE);
    const run = MIGRATIONS[arm] as (file: string) => Promise<unknown>;
    if (arm.startsWith("pi ")) await loadPi();
    const { ms, values, loop } = await measured(() => run(file));
    const { ok, problems, counts } = await verifyTranscript(file);
    const whole = ok && counts.linked === fixture.entries;
    return {
      values: { megabytesPerSecond: fixture.bytes / 1e6 / (ms / 1000), ...values },
      gaps: loop.gaps,
      ...(!whole && {
        fault: `${counts.linked} linked of ${fixture.entries} ${problems.join(", ")}`.trim(),
      }),
    };
  },
};

function caseOf(form: Form): string {
  return `${MB[form]} MB, recorded sizes`;
}
