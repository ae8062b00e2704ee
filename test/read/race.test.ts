import { fork } from "node:child_process";
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { type EntryRecord, openTranscript, type Transcript } from "../../src/index.js";
import { modelLines } from "../support/read/entries-model.js";
import { ReadPort } from "../support/read/read-port.js";
import { tempDirectory } from "../support/temp-directory.js";

const WRITER = fileURLToPath(new URL("children/appending-writer.ts", import.meta.url));
const RACE_MS = process.env.LEAFLOG_LONG ? 60_000 : 5_000;
/** Or until the file has so many bytes: in the end it is read as a whole. */
const MAX_BYTES = 1_000_000_000;

/** Lets writers and readers run beside each other for a while. */
async function race(file: string): Promise<void> {
  for (const end = Date.now() + RACE_MS; Date.now() < end; ) {
    await delay(100);
    // The writers make it, in their time.
    const bytes = await stat(file).then(
      ({ size }) => size,
      () => 0,
    );
    if (bytes > MAX_BYTES) return;
  }
}

/** A writer in a process of its own. */
async function startWriter(file: string, name: string): Promise<() => Promise<number>> {
  const child = fork(WRITER, [file, name], { execArgv: ["--import", "tsx"] });
  // Who is not told to stop, because the test failed before, would write on until the disk is full.
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  await once(child, "message");
  return async () => {
    const [[count]] = await Promise.all([
      once(child, "message") as Promise<[number]>,
      once(child, "exit"),
      child.send("stop"),
    ]);
    return count;
  };
}

/** Where an entry stands and what is in it, in short: there may be gigabytes of them. */
function placeOf({ offset, length, entry }: EntryRecord): string {
  const padding = String(entry?.padding).length;
  return `${offset} ${length} ${entry?.id} ${entry?.parentId} ${padding}`;
}

/** Rather than `toEqual`, which takes its time over so many. */
function firstDifference(actual: string[], expected: string[]): unknown {
  const at = expected.findIndex((place, index) => place !== actual[index]);
  if (at === -1 && actual.length === expected.length) return undefined;
  return { at, actual: actual.slice(at, at + 5), expected: expected.slice(at, at + 5) };
}

/** Turns pages forward until it is told to stop, and then to the end. */
async function turnPages(transcript: Transcript, isOver: () => boolean): Promise<string[]> {
  const places: string[] = [];
  let cursor: string | undefined;
  // What is over before a page is asked for is on it, or behind it.
  for (let round = 0, more = true, over = false; more || !over; round += 1) {
    over = isOver();
    const limit = 1 + ((round * 37) % 997);
    const page = await transcript.page({ limit, ...(cursor && { cursor }) });
    expect(page.reset).toBeUndefined();
    expect(page.requiredBytes).toBeUndefined();
    places.push(...page.entries.map(placeOf));
    ({ cursor, hasMore: more } = page);
  }
  return places;
}

/** Looks at the end again and again. */
async function lookAtTheEnd(transcript: Transcript, isOver: () => boolean): Promise<number> {
  let looks = 0;
  for (; !isOver(); looks += 1) {
    const tail = await transcript.tail(20);
    for (const [at, { entry }] of tail.entries()) {
      const previous = tail[at - 1];
      if (previous) expect(entry?.parentId).toBe(previous.entry?.id);
    }
    const branch = transcript.branch();
    let wanted: string | null | undefined;
    for (let count = 0; count < 20; count += 1) {
      const { value, done } = await branch.next();
      if (done) break;
      if (wanted !== undefined) expect(value.entry?.id).toBe(wanted);
      wanted = value.entry?.parentId;
    }
    await branch.return({ end: "root" });
    const last = tail.at(-1)?.entry?.id;
    if (last !== undefined) expect((await transcript.entry(last))?.entry?.id).toBe(last);
    const { size, stream } = await transcript.snapshot();
    let bytes = 0;
    let lastByte: number | undefined;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      lastByte = chunk.at(-1);
      if (bytes > 4_000_000) break;
    }
    if (bytes <= 4_000_000)
      expect({ bytes, lastByte }).toEqual({ bytes: size, lastByte: size ? 0x0a : undefined });
  }
  return looks;
}

it(
  "readers beside writers see every entry whole and once, and take no lock",
  async () => {
    const file = join(await tempDirectory(), "t.jsonl");
    const port = new ReadPort();
    const transcript = await openTranscript(file, { fileSystem: port.fileSystem });
    const controller = new AbortController();
    const { signal } = controller;
    const followed: string[] = [];
    const onReset = () => expect.unreachable();
    const following = (async () => {
      for await (const record of transcript.follow({ from: "start", signal, onReset })) {
        followed.push(placeOf(record));
      }
    })();
    const stops = await Promise.all(["a", "b"].map((name) => startWriter(file, name)));
    let over = false;
    const paging = turnPages(transcript, () => over);
    const looking = lookAtTheEnd(transcript, () => over);
    await race(file);
    const counts = await Promise.all(stops.map((stop) => stop()));
    over = true;
    const paged = await paging;
    const looks = await looking;
    const all: string[] = [];
    for (const record of modelLines(await readFile(file))) all.push(placeOf(record));
    for (const end = Date.now() + 20_000; followed.length < all.length && Date.now() < end; ) {
      await delay(10);
    }
    controller.abort();
    await following;

    expect(all.length).toBe(counts.reduce((sum, count) => sum + count, 0));
    expect(firstDifference(followed, all)).toBeUndefined();
    expect(firstDifference(paged, all)).toBeUndefined();
    let last: EntryRecord | undefined;
    let count = 0;
    for await (const record of transcript.entries({ reverse: true })) {
      count += 1;
      if (last) expect(last.entry?.parentId === record.entry?.id).toBe(true);
      last = record;
    }
    expect(count).toBe(all.length);
    expect(looks).toBeGreaterThan(0);
    expect(port).toMatchObject({ openFiles: 0, watches: 0, forbidden: [] });
    await transcript.close();
  },
  3 * RACE_MS + 60_000,
);
