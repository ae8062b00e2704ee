import {
  existsSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { describe, test, vi } from "vitest";
import { WriteLock } from "../../../src/append/lock/write-lock.js";
import type { FileSystem } from "../../../src/file/file-system.js";
import { nodeFileSystem } from "../../../src/file/node-file-system.js";
import { LockScene } from "./children/lock-harness.js";

const STALE_MS = 2500;
const HOUR_MS = 3_600_000;
const always = () => true;

// These tests wait much and work little.
vi.setConfig({ maxConcurrency: 20 });

/** A directory that nobody refreshes. */
function makeDead(path: string, ageMs: number): void {
  mkdirSync(path);
  const time = new Date(Date.now() - ageMs);
  utimesSync(path, time, time);
}

async function msToAcquire(lock: WriteLock): Promise<number> {
  const start = performance.now();
  await lock.acquire(always);
  return performance.now() - start;
}

describe.concurrent("a lock that nobody refreshes is taken over", () => {
  for (const [name, ageMs, leastMs] of [
    ["after two heartbeats when it is old", HOUR_MS, 2000],
    ["after staleMs when it is fresh", 0, STALE_MS],
    ["after staleMs when it is from the future", -HOUR_MS, STALE_MS],
  ] as const) {
    test(name, async ({ expect }) => {
      await using scene = new LockScene();
      const lock = new WriteLock(nodeFileSystem, scene.file, { staleMs: STALE_MS });
      makeDead(lock.path, ageMs);
      const ms = await msToAcquire(lock);
      expect(ms).toBeGreaterThanOrEqual(leastMs);
      expect(ms).toBeLessThan(leastMs + 1000);
      expect(await lock.verify()).toBe(true);
      await lock.release();
      expect(readdirSync(scene.directory)).toEqual([]);
    });
  }

  test("by a caller that came back: what it saw before counts", async ({ expect }) => {
    await using scene = new LockScene();
    const lock = new WriteLock(nodeFileSystem, scene.file, { staleMs: STALE_MS });
    makeDead(lock.path, HOUR_MS);
    const end = performance.now() + 1500;
    expect(await lock.acquire(() => performance.now() < end)).toBe(false);
    expect(await msToAcquire(lock)).toBeLessThan(1000);
    await lock.release();
  });

  test("also where change times show as birth times, and others wait too", async ({ expect }) => {
    await using scene = new LockScene();
    // As libuv does where it has no statx.
    const fs: FileSystem = {
      ...nodeFileSystem,
      stat: async (path) => {
        const { ctimeNs } = statSync(path, { bigint: true });
        return { ...(await nodeFileSystem.stat(path)), birthtimeNs: ctimeNs };
      },
    };
    const locks = [0, 1].map(() => new WriteLock(fs, scene.file, { staleMs: STALE_MS }));
    makeDead(locks[0]!.path, HOUR_MS);
    const start = performance.now();
    const wanted = () => performance.now() - start < 2 * STALE_MS;
    await Promise.race(locks.map((lock) => lock.acquire(wanted)));
    expect(locks.filter((lock) => lock.held)).toHaveLength(1);
    await Promise.all(locks.map((lock) => lock.release()));
  });

  test("past a guard and a note that a crash left", async ({ expect }) => {
    await using scene = new LockScene();
    const lock = new WriteLock(nodeFileSystem, scene.file, { staleMs: STALE_MS });
    makeDead(lock.path, HOUR_MS);
    makeDead(`${lock.path}.steal`, HOUR_MS);
    writeFileSync(`${lock.path}.owner`, "{}");
    const ms = await msToAcquire(lock);
    // Each is watched on its own: the guard is first looked at when the lock is known to be stale.
    expect(ms).toBeGreaterThanOrEqual(4000);
    expect(ms).toBeLessThan(5000);
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("by one alone while another is at it", async ({ expect }) => {
    await using scene = new LockScene();
    const lock = new WriteLock(nodeFileSystem, scene.file, { staleMs: STALE_MS });
    const guard = `${lock.path}.steal`;
    makeDead(lock.path, HOUR_MS);
    mkdirSync(guard);
    const end = performance.now() + 2800;
    expect(await lock.acquire(() => performance.now() < end)).toBe(false);
    expect(existsSync(guard)).toBe(true);
    rmdirSync(guard);
    expect(await msToAcquire(lock)).toBeLessThan(1000);
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("unless it was made anew between the judgement and the removal", async ({ expect }) => {
    await using scene = new LockScene();
    const path = `${scene.file}.lock`;
    let replaced = 0;
    const fs: FileSystem = {
      ...nodeFileSystem,
      mkdir: async (name, mode) => {
        if (name === `${path}.steal` && replaced++ === 0) {
          rmdirSync(path);
          mkdirSync(path);
        }
        await nodeFileSystem.mkdir(name, mode);
      },
    };
    const lock = new WriteLock(fs, scene.file, { staleMs: STALE_MS });
    makeDead(path, HOUR_MS);
    const end = performance.now() + 4000;
    expect(await lock.acquire(() => performance.now() < end)).toBe(false);
    expect(replaced).toBe(1);
    expect(readdirSync(scene.directory)).toEqual(["transcript.jsonl.lock"]);
  });

  for (const harm of ["another took the guard over", "too much time passed under the guard"]) {
    test(`unless ${harm}`, async ({ expect }) => {
      await using scene = new LockScene();
      const isGuardHarmed = harm.startsWith("another");
      const path = `${scene.file}.lock`;
      let removals = 0;
      let guarded = false;
      let harmed = false;
      const fs: FileSystem = {
        ...nodeFileSystem,
        mkdir: async (name, mode) => {
          await nodeFileSystem.mkdir(name, mode);
          if (name.endsWith(".steal")) guarded = true;
        },
        stat: async (name) => {
          if (name === path && guarded && !harmed) {
            harmed = true;
            if (!isGuardHarmed) await wait(STALE_MS / 2 + 100);
            else {
              rmdirSync(`${path}.steal`);
              mkdirSync(`${path}.steal`);
            }
          }
          return nodeFileSystem.stat(name);
        },
        rmdir: async (name) => {
          if (name === path) removals += 1;
          await nodeFileSystem.rmdir(name);
        },
      };
      const lock = new WriteLock(fs, scene.file, { staleMs: STALE_MS });
      makeDead(path, HOUR_MS);
      await lock.acquire(() => !harmed);
      expect({ harmed, removals }).toEqual({ harmed: true, removals: 0 });
      expect(lock.held).toBe(false);
      expect(existsSync(path)).toBe(true);
      // Another's guard is left to its owner, ours is gone.
      expect(existsSync(`${path}.steal`)).toBe(isGuardHarmed);
    });
  }

  test("unless a live guard was renamed away by mistake: it is put back", async ({ expect }) => {
    await using scene = new LockScene();
    const guard = `${scene.file}.lock.steal`;
    let swapped = false;
    const fs: FileSystem = {
      ...nodeFileSystem,
      rename: async (from, to) => {
        if (from === guard && !swapped) {
          swapped = true;
          rmdirSync(guard);
          mkdirSync(guard);
        }
        await nodeFileSystem.rename(from, to);
      },
    };
    const lock = new WriteLock(fs, scene.file, { staleMs: STALE_MS });
    makeDead(lock.path, HOUR_MS);
    makeDead(guard, HOUR_MS);
    const start = performance.now();
    await lock.acquire(() => !swapped && performance.now() - start < 6000);
    expect(swapped).toBe(true);
    expect(lock.held).toBe(false);
    expect(readdirSync(scene.directory).sort()).toEqual([
      "transcript.jsonl.lock",
      "transcript.jsonl.lock.steal",
    ]);
  });
});

describe.concurrent("a lock that took too long to make", () => {
  test("is left alone: it may be another's by now", async ({ expect }) => {
    await using scene = new LockScene();
    let slow = true;
    const fs: FileSystem = {
      ...nodeFileSystem,
      mkdir: async (path, mode) => {
        await nodeFileSystem.mkdir(path, mode);
        if (slow) await wait(1100);
        slow = false;
      },
    };
    const lock = new WriteLock(fs, scene.file, { staleMs: 2000 });
    expect(await lock.acquire(() => slow)).toBe(false);
    expect(existsSync(lock.path)).toBe(true);
    expect(await msToAcquire(lock)).toBeLessThan(3000);
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("is known by its number where birth times move with every change", async ({ expect }) => {
    await using scene = new LockScene();
    // As libuv does where it has no statx: the change time in place of the birth time.
    let changes = 0n;
    const fs: FileSystem = {
      ...nodeFileSystem,
      utimes: (path, atime, mtime) => {
        changes += 1n;
        return nodeFileSystem.utimes(path, atime, mtime);
      },
      stat: async (path) => ({ ...(await nodeFileSystem.stat(path)), birthtimeNs: changes }),
    };
    const lock = new WriteLock(fs, scene.file, { staleMs: 2000 });
    for (let turn = 0; turn < 2; turn += 1) {
      expect(await lock.acquire(always)).toBe(true);
      await wait(2300);
      expect(await lock.verify()).toBe(true);
      await lock.release();
    }
    expect(changes).toBeGreaterThanOrEqual(4n);
    expect(readdirSync(scene.directory)).toEqual([]);
  });
});
