import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { type EntryRecord, openTranscript, type Transcript } from "../../src/index.js";
import { idleTrial } from "../harness/idle-trial.js";
import { measured } from "../harness/measured.js";
import { each, type Form, IDLE, IDLE_SERIES, type Question } from "../harness/question.js";
import { entryId, type Fixture, readFixture, writeFixture } from "../workload/fixture.js";

const KiB = 1024;
const MiB = 1024 * KiB;
const MB = { short: 8, full: 256 } as const;
const LAST = 100;
const FILE = "transcript";
const WARM_UP = "warm-up";
/** How often another file is looked into before: this is no measurement of Node's compiler. */
const WARM_UPS = 20;

/** What was found, in file order. */
type Ids = readonly (string | undefined)[];
/** Opens a fixture, and finds something in it. */
type Lookup = (file: string) => Promise<Ids>;

const LAST_ONES: Readonly<Record<string, Lookup>> = {
  "leaflog tail()": opened(async (transcript) => idsOf(await transcript.tail(LAST))),
  "leaflog page()": opened(async (transcript) => {
    const size = { limit: LAST, maxBytes: 64 * MiB };
    return idsOf((await transcript.page({ direction: "backward", ...size })).entries);
  }),
  "leaflog branch()": opened(async (transcript) => {
    const met: EntryRecord[] = [];
    for await (const record of transcript.branch()) if (met.push(record) === LAST) break;
    return idsOf(met.reverse());
  }),
  "readline + JSON.parse": async (file) => {
    const ids: string[] = [];
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const { type, id } = JSON.parse(line);
      if (type !== "session" && ids.push(id) > LAST) ids.shift();
    }
    return ids;
  },
};

const BY_ID: Readonly<Record<string, Lookup>> = {
  "leaflog entry()": opened(async (transcript) => {
    const found = await transcript.entry(entryId(1));
    return found ? idsOf([found]) : [];
  }),
};

/** Finding a few entries of a large transcript. */
export const lookup: Question = {
  name: "lookup",
  asks: "How long does it take to find some entries of a transcript, and how much is read for it?",
  headline: "ms",
  columns: ["readMb", "gapMs", "gapAboveIdleMs", "gapCpuMs", "peakMb"],
  series: (form) =>
    form === "full"
      ? [
          IDLE_SERIES,
          ...each([lastOf(form)], Object.keys(LAST_ONES)),
          ...each([firstOf(form)], Object.keys(BY_ID)),
        ]
      : each([lastOf(form)], ["leaflog tail()", "leaflog branch()"]),
  prepare: async (directory, form) => {
    await writeFixture(directory, FILE, { lineBytes: "recorded", bytes: MB[form] * MiB });
    await writeFixture(directory, WARM_UP, { lineBytes: KiB, entries: 2 * LAST });
  },
  trial: async ({ case: name, arm }, { form, fixtures }) => {
    if (arm === IDLE) return idleTrial({ form });
    const fixture = await readFixture(fixtures, FILE);
    const warmUp = await readFixture(fixtures, WARM_UP);
    const find = { ...LAST_ONES, ...BY_ID }[arm] as Lookup;
    for (let count = 0; count < WARM_UPS; count += 1) await find(warmUp.path);
    const { value, values, loop } = await measured(() => find(fixture.path));
    const wanted = name === firstOf(form) ? [entryId(1)] : lastIds(fixture);
    const found = value.length === wanted.length && value.every((id, at) => id === wanted[at]);
    return { values, gaps: loop.gaps, ...(!found && { fault: `found ${value.join(", ")}` }) };
  },
};

function lastOf(form: Form): string {
  return `the last ${LAST} of ${MB[form]} MB`;
}

/** An id is searched from the end of the file: there is none that takes longer. */
function firstOf(form: Form): string {
  return `the first of ${MB[form]} MB, by its id`;
}

function lastIds({ entries }: Fixture): string[] {
  return Array.from({ length: LAST }, (_, index) => entryId(entries - LAST + 1 + index));
}

function opened(find: (transcript: Transcript) => Promise<Ids>): Lookup {
  return async (file) => {
    await using transcript = await openTranscript(file);
    return await find(transcript);
  };
}

function idsOf(records: readonly EntryRecord[]): Ids {
  return records.map(({ entry, oversized }) => (entry ? entry.id : oversized?.id));
}
