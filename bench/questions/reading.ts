import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { openTranscript } from "../../src/index.js";
import { idleTrial } from "../harness/idle-trial.js";
import { measured } from "../harness/measured.js";
import { each, type Form, IDLE, IDLE_SERIES, type Question } from "../harness/question.js";
import { type Fixture, readFixture, writeFixture } from "../workload/fixture.js";
import { loadPi } from "../writers/pi.js";

const MiB = 1024 * 1024;
const STREAM_MB = { short: 32, full: 256 } as const;
const BRANCH = "branch of 100,000";
const BRANCH_ENTRIES = 100_000;

/** Reads a fixture; resolves to how many entries it met. */
type Reader = (file: string) => Promise<number>;

const READERS: Readonly<Record<string, Reader>> = {
  "leaflog entries()": async (file) => {
    await using transcript = await openTranscript(file);
    let entries = 0;
    for await (const { entry } of transcript.entries()) if (entry) entries += 1;
    return entries;
  },
  "leaflog entries() reverse": async (file) => {
    await using transcript = await openTranscript(file);
    let entries = 0;
    for await (const { entry } of transcript.entries({ reverse: true })) if (entry) entries += 1;
    return entries;
  },
  "readline + JSON.parse": async (file) => {
    let entries = 0;
    for await (const line of createInterface({ input: createReadStream(file) })) {
      if (JSON.parse(line).type !== "session") entries += 1;
    }
    return entries;
  },
  "readFile + split + JSON.parse": async (file) => {
    const lines = (await readFile(file, "utf8")).split("\n");
    return lines.filter((line) => line !== "" && JSON.parse(line).type !== "session").length;
  },
  "leaflog branch()": async (file) => {
    await using transcript = await openTranscript(file);
    let entries = 0;
    for await (const { entry } of transcript.branch()) if (entry) entries += 1;
    return entries;
  },
  "pi getBranch()": async (file) => {
    const SessionManager = await loadPi();
    return SessionManager.open(file).getBranch().length;
  },
};

/** Reading all of a transcript, and a branch of it. */
export const reading: Question = {
  name: "reading",
  asks: "How many MB of entries a second are read, and what happens to the event loop meanwhile?",
  headline: "megabytesPerSecond",
  columns: ["ms", "gapMs", "gapAboveIdleMs", "gapCpuMs", "peakMb"],
  series: (form) => [
    IDLE_SERIES,
    ...each(
      [streamCase(form)],
      Object.keys(READERS).filter(
        (name) => !/branch/i.test(name) && (form === "full" || !name.endsWith("reverse")),
      ),
    ),
    ...each(
      [BRANCH],
      form === "full" ? ["leaflog branch()", "pi getBranch()"] : ["leaflog branch()"],
    ),
  ],
  prepare: async (directory, form) => {
    const bytes = STREAM_MB[form] * MiB;
    await writeFixture(directory, streamCase(form), { lineBytes: "recorded", bytes });
    await writeFixture(directory, BRANCH, { lineBytes: 400, entries: BRANCH_ENTRIES });
  },
  trial: async ({ case: name, arm }, { form, fixtures }) => {
    if (arm === IDLE) return idleTrial({ form });
    const fixture = await readFixture(fixtures, name);
    const read = READERS[arm] as Reader;
    if (arm.startsWith("pi ")) await loadPi();
    const { value, ms, values, loop } = await measured(() => read(fixture.path));
    const fault = faultOf(value, fixture);
    return {
      values: { megabytesPerSecond: fixture.bytes / 1e6 / (ms / 1000), ...values },
      gaps: loop.gaps,
      ...(fault !== undefined && { fault }),
    };
  },
};

function streamCase(form: Form): string {
  return `${STREAM_MB[form]} MB, recorded sizes`;
}

function faultOf(read: number, { entries }: Fixture): string | undefined {
  return read === entries ? undefined : `${read} entries read of ${entries}`;
}
