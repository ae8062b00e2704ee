import { fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { type EntryRecord, openTranscript, type Transcript } from "../../src/index.js";
import { tempDirectory } from "../support/temp-directory.js";
import { collect, modelEntries } from "./entries-model.js";
import { ReadPort } from "./read-port.js";

const WRITER = fileURLToPath(new URL("children/appending-writer.ts", import.meta.url));
const RACE_MS = process.env.LEAFLOG_LONG ? 60_000 : 5_000;

/** A writer in a process of its own. */
async function startWriter(file: string, name: string): Promise<() => Promise<number>> {
  const child = fork(WRITER, [file, name], { execArgv: ["--import", "tsx"] });
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

/** Turns pages forward until it is told to stop, and then to the end. */
async function turnPages(transcript: Transcript, isOver: () => boolean): Promise<EntryRecord[]> {
  const records: EntryRecord[] = [];
  let cursor: string | undefined;
  for (let round = 0, more = true; more || !isOver(); round += 1) {
    const limit = 1 + (round % 97);
    const page = await transcript.page({ limit, maxBytes: 300_000, ...(cursor && { cursor }) });
    expect(page.reset).toBeUndefined();
    expect(page.requiredBytes).toBeUndefined();
    records.push(...page.entries);
    ({ cursor, hasMore: more } = page);
  }
  return records;
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
    const followed: EntryRecord[] = [];
    const onReset = () => expect.unreachable();
    const following = (async () => {
      for await (const record of transcript.follow({ from: "start", signal, onReset })) {
        followed.push(record);
      }
    })();
    const stops = await Promise.all(["a", "b"].map((name) => startWriter(file, name)));
    let over = false;
    const paging = turnPages(transcript, () => over);
    const looking = lookAtTheEnd(transcript, () => over);
    await delay(RACE_MS);
    const counts = await Promise.all(stops.map((stop) => stop()));
    over = true;
    const paged = await paging;
    const looks = await looking;
    const all = modelEntries(await readFile(file));
    for (const end = Date.now() + 20_000; followed.length < all.length && Date.now() < end; ) {
      await delay(10);
    }
    controller.abort();
    await following;

    const places = (records: EntryRecord[]) =>
      records.map(({ offset, length }) => [offset, length]);
    expect(all.length).toBe(counts.reduce((sum, count) => sum + count, 0));
    expect(places(followed)).toEqual(places(all));
    expect(places(paged)).toEqual(places(all));
    expect(JSON.stringify(followed) === JSON.stringify(all)).toBe(true);
    expect(JSON.stringify(paged) === JSON.stringify(all)).toBe(true);
    expect(await collect(transcript.entries({ reverse: true }))).toHaveLength(all.length);
    expect(looks).toBeGreaterThan(5);
    expect(port).toMatchObject({ openFiles: 0, watches: 0, forbidden: [] });
    await transcript.close();
  },
  RACE_MS + 60_000,
);
