import { readFileSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import type { FileSystem } from "../../src/file/file-system.js";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { setWaiterFlag } from "../../src/lock/file/waiter-flag.js";
import { WriteLock } from "../../src/lock/write-lock.js";
import { LockScene, makeLock } from "./children/lock-harness.js";

/** Turns of a holder, in each of which the other might get the lock. */
const TURNS = 40;
const SCENES = 8;

/** How many turns it takes until the other gets the lock of one that goes on and on. */
async function turnsToWait(): Promise<number> {
  await using scene = new LockScene();
  const options = { staleMs: 60_000 };
  const holder = new WriteLock(nodeFileSystem, scene.file, options);
  const other = new WriteLock(nodeFileSystem, scene.file, options);
  await holder.acquire(() => true);
  let turns = 0;
  let had = false;
  const waiting = other
    .acquire(() => turns < TURNS)
    .then((got) => {
      had = got;
    });
  // So long that the other looks at its rarest.
  await wait(400);
  for (; turns < TURNS && !had; turns += 1) {
    // The flag is heeded at once, and who heeds it stands aside for less than a look takes to come.
    while (!holder.isWaitedFor && !had) {
      await wait(1);
      await holder.verify();
    }
    await holder.release();
    await wait(10);
    await holder.acquire(() => !had);
  }
  await waiting;
  await Promise.all([holder.release(), other.release()]);
  return turns;
}

test("who sets the flag comes back before the lock is taken again", async () => {
  const turns = await Promise.all(Array.from({ length: SCENES }, turnsToWait));
  // In step with the holder's turns it would miss nearly all of them, and hit one by luck.
  const median = turns.sort((a, b) => a - b)[SCENES >> 1];
  expect(median, `turns: ${turns}`).toBeLessThanOrEqual(3);
});

test("a flag that is set before the holder's own first look at its lock is not lost", async () => {
  await using scene = new LockScene();
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    open: async (path, how, mode) => {
      const file = await nodeFileSystem.open(path, how, mode);
      expect(await setWaiterFlag(nodeFileSystem, path, await file.stat())).toBe(undefined);
      return file;
    },
  };
  const holder = new WriteLock(fileSystem, scene.file, { staleMs: 60_000 });
  await holder.acquire(() => true);
  expect(holder.isWaitedFor).toBe(true);
  expect(await holder.verify()).toBe(true);
  expect(holder.isWaitedFor).toBe(true);
  await holder.release();
});

test("what was judged is flagged, and nothing that took its place", async () => {
  await using scene = new LockScene();
  const path = `${scene.file}.lock`;
  makeLock(path);
  const judged = await nodeFileSystem.stat(path);
  writeFileSync(path, "{}");
  expect(await setWaiterFlag(nodeFileSystem, path, judged)).toBeInstanceOf(Error);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a program that reads the lock, as OpenClaw's do that wait for it, is seen to wait", async ({
  skip,
}) => {
  await using scene = new LockScene();
  const lock = new WriteLock(nodeFileSystem, scene.file, { staleMs: 60_000 });
  await lock.acquire(() => true);
  await lock.verify();
  expect([lock.isWaitedFor, lock.foreignAt]).toEqual([false, Number.NEGATIVE_INFINITY]);
  await wait(50);
  const before = statSync(lock.path, { bigint: true }).atimeNs;
  readFileSync(lock.path);
  if (statSync(lock.path, { bigint: true }).atimeNs === before) skip("no access times are kept");
  await lock.verify();
  expect(lock.isWaitedFor).toBe(true);
  expect(lock.foreignAt).toBeGreaterThan(0);
  await lock.release();
});
