import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { LeaflogError, openTranscript } from "../../src/index.js";
import { makeLock } from "../lock/children/lock-harness.js";
import { interceptedFileSystem, type PortCall } from "../support/intercepted-file-system.js";
import { HEADER_LINE, readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

// Somebody takes away the lock of a transcript that is held, or its whole directory. What the lock
// itself makes of it is in test/append/lock; here: what becomes of the appends.

const KEPT = { lock: { idleMs: 60_000, maxHoldMs: 60_000 } };
/** The owner note may be written while a directory is being emptied. */
const GONE = { recursive: true, force: true, maxRetries: 10, retryDelay: 10 };

async function newFile(): Promise<string> {
  const directory = join(await tempDirectory(), "transcripts");
  await mkdir(directory);
  const file = join(directory, "a.jsonl");
  await writeFile(file, HEADER_LINE);
  return file;
}

test("deleted between two appends: it is taken again", async () => {
  const file = await newFile();
  await using transcript = await openTranscript(file, KEPT);
  await transcript.append({ type: "a" });
  await rm(`${file}.lock`);
  await wait(5);
  await transcript.append({ type: "b" });
  expect((await stat(`${file}.lock`)).isFile()).toBe(true);
  await transcript.close();
  expect(await readChain(file)).toHaveLength(2);
  expect(await readdir(dirname(file))).toEqual(["a.jsonl"]);
});

test("replaced by another's lock, of whatever kind: appends wait, and leave it alone", async () => {
  for (const make of [writeAnother, makeAnother, makeDirectory]) {
    const file = await newFile();
    await using transcript = await openTranscript(file, KEPT);
    await transcript.append({ type: "a" });
    await rm(`${file}.lock`);
    await make(`${file}.lock`);
    const { ino } = await stat(`${file}.lock`);
    await wait(5);
    const before = await readFile(file);
    await expect(transcript.append({ type: "b" }, { timeoutMs: 500 })).rejects.toMatchObject({
      code: "LEAFLOG_LOCK_TIMEOUT",
    });
    expect(await readFile(file)).toEqual(before);
    // A heartbeat passes, and the handle goes.
    await wait(1200);
    await transcript.close();
    expect((await stat(`${file}.lock`)).ino).toBe(ino);
  }
});

test("gone with its directory: the next append begins a new transcript", async () => {
  const file = await newFile();
  await using transcript = await openTranscript(file, KEPT);
  await transcript.append({ type: "a" });
  await rm(dirname(file), GONE);
  // The heartbeat meets a directory that is not there.
  await wait(1200);
  const { id } = await transcript.append({ type: "b" });
  expect((await readChain(file)).map((entry) => entry.id)).toEqual([id]);
  await transcript.close();
  expect(await readdir(dirname(file))).toEqual(["a.jsonl"]);
});

test("its directory replaced by a file: appends reject, close does not hang", async () => {
  const file = await newFile();
  await using transcript = await openTranscript(file, KEPT);
  await transcript.append({ type: "a" });
  await rm(dirname(file), GONE);
  await writeFile(dirname(file), "x");
  await wait(5);
  await expect(transcript.append({ type: "b" })).rejects.toBeInstanceOf(LeaflogError);
  await transcript.close();
  expect(await readFile(dirname(file), "utf8")).toBe("x");
});

const writeAnother = (path: string) => writeFile(path, "{}");
const makeAnother = async (path: string) => makeLock(path);
const makeDirectory = (path: string) => mkdir(path);

/** Puts another's lock in the place of ours, also where ours is made just now. */
async function becomeAnothers(lock: string, make: (path: string) => Promise<unknown>) {
  for (let isMade = false; !isMade; ) {
    // Of two files that are made within a tick of the clock one may have the number and the birth
    // time of the other; a takeover comes seconds after.
    await wait(20);
    await rm(lock, { recursive: true, force: true });
    isMade = await make(lock).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
        return false;
      },
    );
  }
  // Longer than a look at the lock counts: so long is a takeover at least.
  await wait(150);
}

const HARMS: Record<string, (file: string) => Promise<unknown>> = {
  "the lock is deleted": (file) => rm(`${file}.lock`, { recursive: true, force: true }),
  "the lock becomes another's": (file) => becomeAnothers(`${file}.lock`, makeAnother),
  "the lock becomes another program's": (file) => becomeAnothers(`${file}.lock`, writeAnother),
  "the directory goes": (file) => rm(dirname(file), GONE),
};

/** Each of these strikes before the first, the second, … operation of an append. */
test.for(Object.keys(HARMS))("whenever %s, an append is done or rejected", async (name) => {
  let rejections = 0;
  for (let nth = 1; ; nth += 1) {
    const file = await newFile();
    let count = 0;
    let struck: PortCall | undefined;
    const fileSystem = interceptedFileSystem(async (call, run) => {
      count += 1;
      if (count === nth) {
        struck = call;
        await HARMS[name]?.(file);
      }
      return run();
    });
    const transcript = await openTranscript(file, { fileSystem, lock: { timeoutMs: 300 } });
    count = 0;
    const outcome = await transcript.append({ type: "a", id: "first" }).then(
      () => "written",
      (error: unknown) => error,
    );
    await transcript.close();
    // Whoever took it amid the group commit has it still. While a lock is made or removed, nobody
    // can look; but no takeover comes so soon after the last sign of life.
    const isOthers = name.includes("becomes") && struck?.path === file;
    if (isOthers) expect(await exists(`${file}.lock`), `${struck?.name} (${nth})`).toBe(true);
    await rm(`${file}.lock`, { recursive: true, force: true });
    const ids = await readIds(file);
    if (outcome !== "written") {
      rejections += 1;
      expect(outcome, `${name} before ${struck?.name} (${nth})`).toBeInstanceOf(LeaflogError);
      expect(ids).toEqual([]);
    } else if (name !== "the directory goes") {
      expect(ids).toEqual(["first"]);
    }
    await using again = await openTranscript(file, KEPT);
    await again.append({ type: "a", id: "second" });
    expect((await readIds(file)).at(-1)).toBe("second");
    await readChain(file);
    if (struck === undefined) break;
  }
  if (name.includes("becomes")) expect(rejections).toBeGreaterThan(0);
});

async function exists(path: string): Promise<boolean> {
  return (await readdir(dirname(path))).includes(basename(path));
}

async function readIds(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text
    .split("\n")
    .slice(1, -1)
    .map((line) => (JSON.parse(line) as { id: string }).id);
}
