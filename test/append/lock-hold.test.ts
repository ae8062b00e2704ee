import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test, vi } from "vitest";
import { type FileSystem, type LockOptions, openTranscript } from "../../src/index.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { HEADER_LINE, readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

async function newFile(): Promise<string> {
  const file = join(await tempDirectory(), "a.jsonl");
  await writeFile(file, HEADER_LINE);
  return file;
}

/** Counts how often the lock of `file` was taken. */
function countLocks(file: string): { fileSystem: FileSystem; taken: () => number } {
  let taken = 0;
  const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
    const result = await run();
    if (name === "mkdir" && path === `${file}.lock`) taken += 1;
    return result;
  });
  return { fileSystem, taken: () => taken };
}

async function isUnlocked(file: string): Promise<void> {
  await vi.waitFor(async () => expect(await readdir(dirname(file))).toEqual(["a.jsonl"]));
}

test("it is given back while the handle stays open and the caller thinks", async () => {
  const file = await newFile();
  await using transcript = await openTranscript(file);
  await transcript.append({ type: "a" });
  await isUnlocked(file);
  await transcript.append({ type: "b" });
  await isUnlocked(file);
});

test("a burst takes it once; a long one gives others a turn after maxHoldMs", async () => {
  const burst = await newFile();
  const one = countLocks(burst);
  await using transcript = await openTranscript(burst, {
    fileSystem: one.fileSystem,
    lock: { idleMs: 1000, maxHoldMs: 60_000 },
  });
  for (let n = 0; n < 100; n += 1) await transcript.append({ type: "a" });
  expect(one.taken()).toBe(1);

  const long = await newFile();
  const many = countLocks(long);
  const lock: LockOptions = { idleMs: 1000, maxHoldMs: 10 };
  await using other = await openTranscript(long, { fileSystem: many.fileSystem, lock });
  const startedAt = performance.now();
  while (performance.now() - startedAt < 200) await other.append({ type: "a" });
  expect(many.taken()).toBeGreaterThan(2);
  await readChain(long);
});

test("idleMs 0 gives it back as soon as nothing is left to write", async () => {
  const file = await newFile();
  const { fileSystem, taken } = countLocks(file);
  await using transcript = await openTranscript(file, { fileSystem, lock: { idleMs: 0 } });
  for (let n = 1; n <= 3; n += 1) {
    await transcript.append({ type: "a" });
    await isUnlocked(file);
    expect(taken()).toBe(n);
  }
});

test("a file whose lock is stuck delays no other", async () => {
  const stuck = await newFile();
  await mkdir(`${stuck}.lock`);
  const other = await newFile();
  await using waiting = await openTranscript(stuck);
  await using free = await openTranscript(other);
  let released = false;
  const late = waiting.append({ type: "late" }).then(() => expect(released).toBe(true));
  for (let n = 0; n < 20; n += 1) await free.append({ type: "a" });
  expect(await readChain(other)).toHaveLength(20);
  released = true;
  await rm(`${stuck}.lock`, { recursive: true });
  await late;
});
