import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { wishFor } from "../../../src/append/lock/lock-wish.js";
import { WriteLock } from "../../../src/append/lock/write-lock.js";
import { nodeFileSystem } from "../../../src/file/node-file-system.js";
import { LockScene } from "./children/lock-harness.js";

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
    // A wish is heeded at once, and who heeds it stands aside for less than a look takes to come.
    while (!holder.wished && !had) {
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

test("who leaves a wish comes back before the lock is taken again", async () => {
  const turns = await Promise.all(Array.from({ length: SCENES }, turnsToWait));
  // In step with the holder's turns it would miss nearly all of them, and hit one by luck.
  const median = turns.sort((a, b) => a - b)[SCENES >> 1];
  expect(median, `turns: ${turns}`).toBeLessThanOrEqual(3);
});

test("a wish that comes before the holder's own first look at its lock is not lost", async () => {
  await using scene = new LockScene();
  const fileSystem = {
    ...nodeFileSystem,
    mkdir: async (path: string, mode?: number) => {
      await nodeFileSystem.mkdir(path, mode);
      await wishFor(nodeFileSystem, path);
    },
  };
  const holder = new WriteLock(fileSystem, scene.file, { staleMs: 60_000 });
  await holder.acquire(() => true);
  expect(holder.wished).toBe(true);
  expect(await holder.verify()).toBe(true);
  expect(holder.wished).toBe(true);
  await holder.release();
});
