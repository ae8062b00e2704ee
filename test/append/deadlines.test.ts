import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type FileSystem, migrateTranscript, openTranscript } from "../../src/index.js";
import { countListeners } from "../support/counted-listeners.js";
import { deferred } from "../support/deferred.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { HEADER_LINE, readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

/** A port on which the first write to `file` waits until `open()` is called. */
function gate(file: string): { fileSystem: FileSystem; open: () => void; reached: Promise<void> } {
  const opened = deferred();
  const reached = deferred();
  const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
    if (name === "file.write" && path === file) {
      reached.resolve();
      await opened.promise;
    }
    return run();
  });
  return { fileSystem, open: opened.resolve, reached: reached.promise };
}

async function newFile(): Promise<string> {
  const file = join(await tempDirectory(), "a.jsonl");
  await writeFile(file, HEADER_LINE);
  return file;
}

describe("an abort", () => {
  test("before the call: nothing happens", async () => {
    await using transcript = await openTranscript(await newFile());
    const signal = AbortSignal.abort(new Error("no"));
    await expect(transcript.append({ type: "a" }, { signal })).rejects.toMatchObject({
      code: "LEAFLOG_ABORTED",
      cause: { message: "no" },
    });
    expect(await transcript.tail(1)).toEqual([]);
  });

  test("in the queue: the entry is not written; once its write began it is", async () => {
    const file = await newFile();
    const { fileSystem, open, reached } = gate(file);
    await using transcript = await openTranscript(file, { fileSystem });
    const control = new AbortController();
    const { signal } = control;
    const writing = transcript.append({ type: "written" }, { signal });
    await reached;
    const queued = Array.from({ length: 3 }, () =>
      transcript.append({ type: "queued" }, { signal }),
    );
    const other = transcript.append({ type: "other" });
    control.abort();
    for (const settled of await Promise.allSettled(queued)) {
      expect(settled).toMatchObject({ reason: { code: "LEAFLOG_ABORTED", file } });
    }
    open();
    await Promise.all([writing, other]);
    expect((await readChain(file)).map(({ type }) => type)).toEqual(["written", "other"]);
  });

  test("while waiting for the lock", async () => {
    const file = await newFile();
    await mkdir(`${file}.lock`);
    await using transcript = await openTranscript(file);
    const control = new AbortController();
    const waiting = transcript.append({ type: "a" }, { signal: control.signal });
    setTimeout(() => control.abort(), 20);
    await expect(waiting).rejects.toMatchObject({ code: "LEAFLOG_ABORTED" });
    await rm(`${file}.lock`, { recursive: true });
  });

  test("leaves no listener on the signal", async () => {
    const { signal } = new AbortController();
    const listeners = countListeners(signal);
    await using transcript = await openTranscript(await newFile());
    const many = Array.from({ length: 100 }, () => transcript.append({ type: "a" }, { signal }));
    expect(listeners()).toBe(1);
    await Promise.all(many);
    expect(listeners()).toBe(0);
  });
});

describe("a deadline", () => {
  test("passes behind a slow write: TIMEOUT, and the entry is not written", async () => {
    const file = await newFile();
    const { fileSystem, open, reached } = gate(file);
    await using transcript = await openTranscript(file, { fileSystem });
    const slow = transcript.append({ type: "slow" }, { timeoutMs: 1000 });
    await reached;
    const late = transcript.append({ type: "late" }, { timeoutMs: 1000 });
    const patient = transcript.append({ type: "patient" });
    await expect(late).rejects.toMatchObject({
      code: "LEAFLOG_TIMEOUT",
      waitedMs: expect.any(Number),
    });
    open();
    await Promise.all([slow, patient]);
    expect((await readChain(file)).map(({ type }) => type)).toEqual(["slow", "patient"]);
  });

  test("is each call's own, also when the later call has the earlier one", async () => {
    const file = await newFile();
    await mkdir(`${file}.lock`);
    await using transcript = await openTranscript(file);
    const order: string[] = [];
    const append = (name: string, timeoutMs: number) =>
      transcript.append({ type: name }, { timeoutMs }).catch(() => order.push(name));
    await Promise.all([append("long", 200), append("short", 20), append("middle", 100)]);
    expect(order).toEqual(["short", "middle", "long"]);
    await rm(`${file}.lock`, { recursive: true });
  });

  test.each([
    [0],
    [-1],
    [1.5],
    [Number.NaN],
    [2 ** 31],
    ["5"],
  ])("%j is refused", async (timeoutMs) => {
    await using transcript = await openTranscript(await newFile());
    await expect(
      transcript.append({ type: "a" }, { timeoutMs: timeoutMs as number }),
    ).rejects.toMatchObject({ code: "LEAFLOG_INVALID_ARGUMENT" });
  });
});

describe("the queue", () => {
  test("has no room: appends wait for it, and say so when it never comes", async () => {
    const file = await newFile();
    const { fileSystem, open, reached } = gate(file);
    await using transcript = await openTranscript(file, {
      fileSystem,
      queue: { maxEntries: 2, maxBytes: 1_000_000 },
    });
    const first = transcript.append({ type: "first" });
    await reached;
    const second = transcript.append({ type: "second" });
    const third = transcript.append({ type: "third" });
    const hopeless = transcript.append({ type: "hopeless" }, { timeoutMs: 20 });
    await expect(hopeless).rejects.toMatchObject({ code: "LEAFLOG_QUEUE_FULL" });
    open();
    await Promise.all([first, second, third]);
    expect((await readChain(file)).map(({ type }) => type)).toEqual(["first", "second", "third"]);
  });

  test("lets in one call that is larger than the queue", async () => {
    const file = await newFile();
    await using transcript = await openTranscript(file, { queue: { maxEntries: 1, maxBytes: 1 } });
    await Promise.all([
      transcript.append({ type: "a" }),
      transcript.appendBatch([{ type: "b" }, { type: "c" }]),
      transcript.append({ type: "d" }),
    ]);
    expect(await readChain(file)).toHaveLength(4);
  });

  test("writes groups of at most maxBatchBytes, a call never split", async () => {
    const file = await newFile();
    const sizes: number[] = [];
    const fileSystem = interceptedFileSystem(async ({ name, path, args }, run) => {
      if (name === "file.write" && path === file) sizes.push((args[0] as Buffer).length);
      return run();
    });
    await using transcript = await openTranscript(file, {
      fileSystem,
      queue: { maxBatchBytes: 10_000 },
    });
    const text = "x".repeat(2000);
    const calls = Array.from({ length: 40 }, () => transcript.append({ type: "a", text }));
    const batch = Array.from({ length: 20 }, () => ({ type: "b", text }));
    await Promise.all([...calls, transcript.appendBatch(batch)]);
    const batchWrite = sizes.pop() as number;
    expect(batchWrite).toBeGreaterThan(40_000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10_000);
    expect(sizes.length).toBeLessThan(40);
  });
});

test("exclusive work ends at its deadline behind other exclusive work", async () => {
  const file = join(await tempDirectory(), "t.jsonl");
  await using transcript = await openTranscript(file);
  await transcript.append({ type: "x" });
  const ended = deferred();
  const long = transcript.transaction(() => ended.promise);
  await wait(20);
  let hasRun = false;
  const run = async () => {
    hasRun = true;
  };
  const late = transcript.transaction(run, { timeoutMs: 50 });
  await expect(late).rejects.toMatchObject({ code: "LEAFLOG_TIMEOUT", file });
  const migrated = migrateTranscript(file, { lock: { timeoutMs: 50 } });
  await expect(migrated).rejects.toMatchObject({ code: "LEAFLOG_TIMEOUT" });
  ended.resolve();
  await long;
  await transcript.append({ type: "x" });
  expect(hasRun).toBe(false);
});

test("transactions that wait for each other's file end at their deadlines", async () => {
  const directory = await tempDirectory();
  const options = { maxOpenFiles: 1 };
  await using a = await openTranscript(join(directory, "a.jsonl"), options);
  await using b = await openTranscript(join(directory, "b.jsonl"), options);
  const within = (outer: typeof a, inner: typeof a) =>
    outer.transaction(async () => {
      await wait(20);
      await inner.transaction(async () => undefined, { timeoutMs: 200 });
    });
  const ended = await Promise.allSettled([within(a, b), within(b, a)]);
  expect(ended.map(({ status }) => status)).toContain("rejected");
  for (const one of ended) {
    if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "LEAFLOG_TIMEOUT" });
  }
});
