import { readdirSync, unlinkSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import type { FileSystem } from "../../src/file/file-system.js";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { WriteLock } from "../../src/lock/write-lock.js";
import { LockScene, makeLock } from "./children/lock-harness.js";

// A file of its own, because the wall clock is the whole process's.

const HOUR_MS = 3_600_000;

const realNow = Date.now;
function jump(ms: number): void {
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + ms);
}

afterEach(() => {
  vi.restoreAllMocks();
});

test("no clock jump takes the lock from a holder that lives", async () => {
  await using scene = new LockScene();
  const holder = await scene.holder(2000);
  const jumps = [HOUR_MS, HOUR_MS, HOUR_MS, -HOUR_MS, -HOUR_MS, HOUR_MS];
  const lock = new WriteLock(nodeFileSystem, scene.file, { staleMs: 2000 });
  const start = performance.now();
  const taken = lock.acquire(() => {
    const seconds = Math.floor((performance.now() - start) / 1000);
    jump(jumps[seconds] ?? 0);
    return seconds < jumps.length;
  });
  expect(await taken).toBe(false);
  expect((await lock.describeHolder()).ageMs).toBeGreaterThanOrEqual(0);
  expect(await holder.ask("verify")).toBe("verify true");
});

for (const ms of [HOUR_MS, -HOUR_MS]) {
  test(`a clock that jumps by ${ms} ms loses no lock and keeps no dead one alive`, async () => {
    await using dead = new LockScene();
    await using live = new LockScene();
    const next = new WriteLock(nodeFileSystem, dead.file, { staleMs: 2000 });
    const held = new WriteLock(nodeFileSystem, live.file, { staleMs: 2000 });
    makeLock(next.path);
    await held.acquire(() => true);
    jump(ms);

    const start = performance.now();
    expect(await next.acquire(() => true)).toBe(true);
    expect(performance.now() - start).toBeGreaterThanOrEqual(2000);
    expect(performance.now() - start).toBeLessThan(3000);
    expect(await next.verify()).toBe(true);
    await wait(300);
    expect(held.held).toBe(true);
    expect(await held.verify()).toBe(true);
    await held.release();
    await next.release();
    expect([...readdirSync(dead.directory), ...readdirSync(live.directory)]).toEqual([]);
  });
}

test("a machine that slept while its lock was made knows all the same whose it is", async () => {
  for (const isTaken of [false, true]) {
    await using scene = new LockScene();
    const fs: FileSystem = {
      ...nodeFileSystem,
      open: async (path, how, mode) => {
        const file = await nodeFileSystem.open(path, how, mode);
        if (isTaken) {
          unlinkSync(path);
          makeLock(path);
        }
        // The monotonic clock stood still.
        jump(HOUR_MS);
        return file;
      },
    };
    const lock = new WriteLock(fs, scene.file, { staleMs: 2000 });
    expect(await lock.acquire(() => true)).toBe(true);
    expect(await lock.verify()).toBe(!isTaken);
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual(isTaken ? ["transcript.jsonl.lock"] : []);
  }
});
