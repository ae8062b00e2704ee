import { appendFileSync, readFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { migrateTranscript, openTranscript, verifyTranscript } from "../../src/index.js";
import { idleTrial } from "../harness/idle-trial.js";
import { measured } from "../harness/measured.js";
import { each, IDLE, IDLE_SERIES, type Question } from "../harness/question.js";
import { type Fixture, readFixture, writeFixture } from "../workload/fixture.js";
import { appendInLanes } from "../workload/in-flight.js";
import { Messages } from "../workload/messages.js";
import type { Writer } from "../writers/writer.js";
import { writerKind } from "../writers/writers.js";

const KiB = 1024;
const MiB = 1024 * KiB;
const CASE = "appends beside reading 16 MB, verifying and migrating";
const APPENDS = 1000;
const FILES = 20;

interface Place {
  readonly linked: Fixture;
  /** A copy, to be migrated. */
  readonly linear: string;
  readonly longLine: Fixture;
  /** Made beforehand: it takes long. */
  readonly messages: Messages;
  readonly directory: string;
}

/** All at once: what a gateway does on a bad day. Resolves to what is wrong with the outcome. */
const DAYS: Readonly<Record<string, (place: Place) => Promise<string | undefined>>> = {
  leaflog: async (place) => {
    const { linked, linear, longLine } = place;
    await using transcript = await openTranscript(linked.path);
    await using behind = await openTranscript(longLine.path);
    const read = async () => {
      let entries = 0;
      for await (const { entry } of transcript.entries()) if (entry) entries += 1;
      return entries;
    };
    const walk = async () => {
      for await (const { entry } of transcript.branch()) if (entry === undefined) return;
    };
    const [entries, verified] = await Promise.all([
      read(),
      verifyTranscript(linked.path),
      walk(),
      migrateTranscript(linear),
      behind.leaf(),
      appendEverywhere("leaflog", place),
    ]);
    if (entries !== linked.entries) return `${entries} entries read of ${linked.entries}`;
    const migrated = await verifyTranscript(linear);
    return verified.ok && migrated.ok ? undefined : "does not verify";
  },
  // Reads and appends as programs do that know nothing better; migrates and verifies nothing.
  "readFileSync + appendFileSync": async ({ linked, messages, directory }) => {
    const append = async (file: string) => {
      for (let count = 0; count < APPENDS / FILES; count += 1) {
        appendFileSync(file, `${JSON.stringify(messages.next())}\n`);
        await new Promise(setImmediate);
      }
    };
    const read = async () =>
      readFileSync(linked.path, "utf8")
        .split("\n")
        .filter((line) => line !== "" && JSON.parse(line).type !== "session").length;
    const files = Array.from({ length: FILES }, (_, index) => join(directory, `${index}`));
    const [entries] = await Promise.all([read(), ...files.map(append)]);
    return entries === linked.entries ? undefined : `${entries} entries read`;
  },
};

/** The event loop of a process in which everything happens at once. */
export const stall: Question = {
  name: "stall",
  asks: "How late does a 1 ms heartbeat come while all of it runs at once?",
  headline: "gapMs",
  columns: ["gapAboveIdleMs", "gapCpuMs", "delayMs", "ms", "peakMb"],
  series: () => [IDLE_SERIES, ...each([CASE], Object.keys(DAYS))],
  prepare: async (directory) => {
    const size = { lineBytes: "recorded", bytes: 16 * MiB } as const;
    await writeFixture(directory, "linked", size);
    await writeFixture(directory, "linear", { ...size, bytes: 8 * MiB, linear: true });
    const long = { lineBytes: KiB, entries: 100, lastBytes: 32 * MiB } as const;
    await writeFixture(directory, "long-line", long);
  },
  trial: async ({ arm }, { form, directory, fixtures }) => {
    if (arm === IDLE) return idleTrial({ form });
    const linear = join(directory, "linear.jsonl");
    await copyFile((await readFixture(fixtures, "linear")).path, linear);
    const place: Place = {
      linked: await readFixture(fixtures, "linked"),
      longLine: await readFixture(fixtures, "long-line"),
      linear,
      messages: new Messages("recorded"),
      directory,
    };
    await warmUp(directory);
    const day = DAYS[arm] as (place: Place) => Promise<string | undefined>;
    const { value: fault, values, loop } = await measured(() => day(place));
    return { values, gaps: loop.gaps, ...(fault !== undefined && { fault }) };
  },
};

/** Appends of recorded sizes to several files at once, 4 in flight each. */
async function appendEverywhere(name: string, { messages, directory }: Place): Promise<void> {
  const kind = writerKind(name);
  const appendTo = async (writer: Writer) => {
    await appendInLanes(writer, messages, 4, { count: APPENDS / FILES });
    await writer.close();
  };
  const files = Array.from({ length: FILES }, (_, index) => join(directory, `${index}`));
  await Promise.all(files.map(async (file) => appendTo(await kind.open(file))));
}

/** The first append of a process loads the lock. */
async function warmUp(directory: string): Promise<void> {
  await using transcript = await openTranscript(join(directory, "warm-up"));
  await transcript.append({ type: "custom" });
}
