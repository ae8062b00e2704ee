import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { type EntryRecord, openTranscript, type Transcript } from "../../src/index.js";
import { idleTrial } from "../harness/idle-trial.js";
import { measured } from "../harness/measured.js";
import { each, type Form, IDLE, IDLE_SERIES, type Question } from "../harness/question.js";
import { type Fixture, readFixture, writeFixture } from "../workload/fixture.js";
import type { Message } from "../workload/messages.js";
import { loadPi } from "../writers/pi.js";

const MiB = 1024 * 1024;
const STREAM_MB = { short: 32, full: 256 } as const;
const BRANCH = "branch of 100,000";
const BRANCH_ENTRIES = 100_000;
const PI = "pi getBranch()";

/** What was met of a fixture: it has to be all of it. */
type Met = { readonly entries: number } | { readonly bytes: number };
type Reader = (fixture: Fixture) => Promise<Met>;

const READERS: Readonly<Record<string, Reader>> = {
  "leaflog entries()": opened((transcript) => transcript.entries()),
  // Long texts come in pieces, which V8 puts together when one of them is looked into.
  "leaflog entries(), looked into": opened((transcript) => lookedInto(transcript.entries())),
  "leaflog entries() reverse": opened((transcript) => transcript.entries({ reverse: true })),
  "leaflog follow()": async ({ path, entries }) => {
    await using transcript = await openTranscript(path);
    // It goes on for as long as anybody listens.
    return await count(transcript.follow({ from: "start" }), entries);
  },
  "leaflog snapshot()": async ({ path }) => {
    await using transcript = await openTranscript(path);
    const { stream } = await transcript.snapshot();
    let bytes = 0;
    for await (const chunk of stream) bytes += (chunk as Buffer).length;
    return { bytes };
  },
  "readline + JSON.parse": async ({ path }) => {
    let entries = 0;
    for await (const line of createInterface({ input: createReadStream(path) })) {
      if (JSON.parse(line).type !== "session") entries += 1;
    }
    return { entries };
  },
  "readFile + split + JSON.parse": async ({ path }) => {
    const lines = (await readFile(path, "utf8")).split("\n");
    const isEntry = (line: string) => line !== "" && JSON.parse(line).type !== "session";
    return { entries: lines.filter(isEntry).length };
  },
  "leaflog branch()": opened((transcript) => transcript.branch()),
  [PI]: async ({ path }) => {
    const SessionManager = await loadPi();
    return { entries: SessionManager.open(path).getBranch().length };
  },
};

/** Of the short form. */
const STREAM_ARMS = ["leaflog entries()", "readline + JSON.parse", "readFile + split + JSON.parse"];

/** Reading all of a transcript, and a branch of it. */
export const reading: Question = {
  name: "reading",
  asks: "How many MB of entries a second are read, and what happens to the event loop meanwhile?",
  headline: "megabytesPerSecond",
  columns: ["ms", "gapMs", "gapAboveIdleMs", "gapCpuMs", "peakMb", "readMb"],
  series: (form) => {
    const all = Object.keys(READERS);
    const full = form === "full";
    return [
      IDLE_SERIES,
      ...each([streamCase(form)], full ? all.filter((arm) => arm !== PI) : STREAM_ARMS),
      ...each([BRANCH], full ? ["leaflog branch()", PI] : ["leaflog branch()"]),
    ];
  },
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
    const { value, ms, values, loop } = await measured(() => read(fixture));
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

function opened(read: (transcript: Transcript) => AsyncIterable<EntryRecord>): Reader {
  return async ({ path }) => {
    await using transcript = await openTranscript(path);
    return await count(read(transcript));
  };
}

async function* lookedInto(records: AsyncIterable<EntryRecord>): AsyncGenerator<EntryRecord> {
  for await (const record of records) {
    const message = record.entry?.message as Message | undefined;
    for (const { text } of message?.content ?? []) text.charCodeAt(text.length - 1);
    yield record;
  }
}

/** Entries that came with their bodies; no more than `most`. */
async function count(
  records: AsyncIterable<EntryRecord>,
  most = Number.POSITIVE_INFINITY,
): Promise<Met> {
  let entries = 0;
  for await (const { entry } of records) if (entry && ++entries >= most) break;
  return { entries };
}

function faultOf(met: Met, fixture: Fixture): string | undefined {
  const [what, read, all] =
    "bytes" in met
      ? ["bytes", met.bytes, fixture.bytes]
      : ["entries", met.entries, fixture.entries];
  return read === all ? undefined : `${read} ${what} read of ${all}`;
}
