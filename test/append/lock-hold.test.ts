import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { type FileSystem, type LockOptions, openTranscript } from "../../src/index.js";
import { interceptedFileSystem, systemError } from "../support/intercepted-file-system.js";
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
  const fileSystem = interceptedFileSystem(async ({ name, path, args }, run) => {
    const result = await run();
    if (name === "open" && path === `${file}.lock` && args[1] === "create") taken += 1;
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

test("a burst takes it once", async () => {
  const file = await newFile();
  const { fileSystem, taken } = countLocks(file);
  const lock: LockOptions = { idleMs: 1000, maxHoldMs: 60_000 };
  await using transcript = await openTranscript(file, { fileSystem, lock });
  for (let n = 0; n < 100; n += 1) await transcript.append({ type: "a" });
  expect(taken()).toBe(1);
});

test("whoever goes on and on gives it to those who wait, after maxHoldMs", async () => {
  const file = await newFile();
  const lock: LockOptions = { idleMs: 1000, maxHoldMs: 20, timeoutMs: 10_000 };
  // Ports of their own make them strangers to each other, as two processes are.
  const ports = [countLocks(file), countLocks(file)];
  const [greedy, other] = await Promise.all(
    ports.map(({ fileSystem }) => openTranscript(file, { fileSystem, lock })),
  );
  let done = false;
  let greedyAppends = 0;
  const going = (async () => {
    for (; !done; greedyAppends += 1) await greedy?.append({ type: "greedy" });
  })();
  for (let n = 0; n < 3; n += 1) {
    await other?.append({ type: "other" });
    // Until it was given back in turn, however long a busy machine takes for that.
    for (const before = greedyAppends; greedyAppends < before + 2; ) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  done = true;
  await going;
  await Promise.all([greedy?.close(), other?.close()]);
  expect(greedyAppends).toBeGreaterThan(3);
  expect(await readChain(file)).toHaveLength(greedyAppends + 3);
});

test("nobody is seen to wait: it is kept longer, and given back for a moment all the same", async () => {
  const file = await newFile();
  const counted = countLocks(file);
  // Other users cannot open our lock, to change its mode by which the waiting is seen.
  const fileSystem = interceptedFileSystem(async ({ name, path, args }, run) => {
    if (name === "open" && path.endsWith(".lock") && args[1] === "append") {
      throw systemError("EACCES");
    }
    return run();
  }, counted.fileSystem);
  const lock: LockOptions = { idleMs: 1000, maxHoldMs: 5 };
  await using transcript = await openTranscript(file, { fileSystem, lock });
  await using other = await openTranscript(file, {
    fileSystem: interceptedFileSystem((_, run) => run(), fileSystem),
    lock,
  });
  let done = false;
  const going = (async () => {
    while (!done) await transcript.append({ type: "greedy" });
  })();
  await other.append({ type: "other" });
  done = true;
  await going;
  expect(counted.taken()).toBeGreaterThan(1);
  await readChain(file);
});

test("a program that locks unseen waits long once, and no more when it was met", async () => {
  const file = await newFile();
  await using transcript = await openTranscript(file, { lock: { maxHoldMs: 100 } });
  let done = false;
  const lanes = [1, 2].map(async () => {
    while (!done) await transcript.append({ type: "greedy" });
  });
  const waits: number[] = [];
  for (let turn = 0; turn < 6; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    const startedAt = performance.now();
    while (!(await makes(`${file}.lock`))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    waits.push(performance.now() - startedAt);
    // Held for so long that whoever comes back for the lock meets it.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await rm(`${file}.lock`, { recursive: true });
  }
  done = true;
  await Promise.all(lanes);
  const [first = 0, ...later] = waits;
  const median = later.sort((a, b) => a - b)[2];
  expect(median, `waited ${waits.map(Math.round)} ms`).toBeLessThan(first);
  await readChain(file);
});

/** Takes the lock as a program does that uses proper-lockfile itself. */
async function makes(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch {
    return false;
  }
}

test("the lock of another program, which is a file, keeps its mode", async () => {
  const file = await newFile();
  await writeFile(`${file}.lock`, "{}", { mode: 0o640 });
  await using transcript = await openTranscript(file, { lock: { timeoutMs: 100 } });
  await expect(transcript.append({ type: "a" })).rejects.toThrow(/made by another program/);
  expect((await stat(`${file}.lock`)).mode & 0o777).toBe(0o640);
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

test("one that was taken over while it lingered is taken again, behind what came in between", async () => {
  const file = await newFile();
  const { fileSystem, taken } = countLocks(file);
  await using transcript = await openTranscript(file, { fileSystem, lock: { idleMs: 1000 } });
  await transcript.append({ type: "a" });
  await rm(`${file}.lock`, { recursive: true });
  await using other = await openTranscript(file, {
    fileSystem: interceptedFileSystem((_, run) => run()),
    lock: { idleMs: 0 },
  });
  const { id } = await other.append({ type: "b" });
  expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: id });
  expect(taken()).toBe(2);
  expect(await readChain(file)).toHaveLength(3);
});

test("a slow look at the file costs one look at the lock, made together with it", async () => {
  const file = await newFile();
  let looked = 0;
  const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
    if (name === "stat" && path === `${file}.lock`) looked += 1;
    const result = await run();
    // As slow as on a loop that is busy with other transcripts.
    if (path === file) await new Promise((resolve) => setTimeout(resolve, 3));
    return result;
  });
  await using transcript = await openTranscript(file, { fileSystem, lock: { idleMs: 1000 } });
  await transcript.append({ type: "a" });
  for (let n = 0; n < 5; n += 1) {
    looked = 0;
    await transcript.append({ type: "a" });
    expect(looked).toBe(1);
  }
});

test("what a look at the file says counts only while the lock is ours", async () => {
  const file = await newFile();
  let failures = 0;
  const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
    if (name === "stat" && path === file && failures-- > 0) throw systemError("EIO");
    return run();
  });
  await using transcript = await openTranscript(file, { fileSystem, lock: { idleMs: 1000 } });
  const { id } = await transcript.append({ type: "a" });
  await rm(`${file}.lock`, { recursive: true });
  // Older than a look may be that is not made again.
  await new Promise((resolve) => setTimeout(resolve, 5));
  failures = 1;
  expect(await transcript.append({ type: "b" })).toMatchObject({ parentId: id });
  expect(failures).toBeLessThan(1);
});

test("a look at the lock that fails leaves none at the file under way", async () => {
  const file = await newFile();
  let armed = false;
  let looking = false;
  const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
    if (!armed || name !== "stat") return run();
    if (path === `${file}.lock`) throw systemError("EIO");
    looking = true;
    await new Promise((resolve) => setTimeout(resolve, 20));
    looking = false;
    return run();
  });
  await using transcript = await openTranscript(file, { fileSystem, lock: { idleMs: 1000 } });
  await transcript.append({ type: "a" });
  await new Promise((resolve) => setTimeout(resolve, 5));
  armed = true;
  await expect(transcript.append({ type: "b" })).rejects.toMatchObject({
    code: "LEAFLOG_LOCK_FAILED",
  });
  expect(looking).toBe(false);
  armed = false;
  await transcript.append({ type: "c" });
  expect(await readChain(file)).toHaveLength(2);
});

test("who lost it keeps no descriptor while another has it", async () => {
  const file = await newFile();
  let open = 0;
  const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
    const result = await run();
    if (path === file && name === "open") open += 1;
    if (path === file && name === "file.close") open -= 1;
    return result;
  });
  const lock: LockOptions = { idleMs: 60_000, maxHoldMs: 60_000, timeoutMs: 300 };
  await using transcript = await openTranscript(file, { fileSystem, lock });
  await transcript.append({ type: "a" });
  expect(open).toBe(1);
  // Of two files that are made within a tick of the clock one may be taken for the other.
  await wait(20);
  await rm(`${file}.lock`);
  await writeFile(`${file}.lock`, "");
  const waiting = transcript.append({ type: "b" });
  waiting.catch(() => undefined);
  await vi.waitFor(() => expect(open).toBe(0));
  await rm(`${file}.lock`);
  await waiting;
});
