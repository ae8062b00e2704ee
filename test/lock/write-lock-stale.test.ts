import { existsSync, mkdirSync, readdirSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { describe, test, vi } from "vitest";
import type { FileSystem } from "../../src/file/file-system.js";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { WriteLock } from "../../src/lock/write-lock.js";
import { birthless } from "../support/birthless.js";
import { LockScene, makeLock } from "./children/lock-harness.js";

const STALE_MS = 2500;
const HOUR_MS = 3_600_000;
const always = () => true;

// These tests wait much and work little.
vi.setConfig({ maxConcurrency: 20 });

/** As other programs lock with proper-lockfile, and nobody refreshes it. */
function makeDirectory(path: string, ageMs: number): void {
  mkdirSync(path);
  const time = new Date(Date.now() - ageMs);
  utimesSync(path, time, time);
}

/** Another program's file, whose text says nothing of who has it. */
function makeText(path: string, ageMs: number): void {
  writeFileSync(path, "locked");
  const time = new Date(Date.now() - ageMs);
  utimesSync(path, time, time);
}

const MAKERS = { "our own": makeLock, "a directory": makeDirectory, "a text": makeText };

async function msToAcquire(lock: WriteLock): Promise<number> {
  const start = performance.now();
  await lock.acquire(always);
  return performance.now() - start;
}

const AGES = [
  ["after two heartbeats when it is old", HOUR_MS, 2000],
  ["after staleMs when it is fresh", 0, STALE_MS],
  ["after staleMs when it is from the future", -HOUR_MS, STALE_MS],
] as const;
const CASES = Object.entries(MAKERS).flatMap(([name, make]) =>
  AGES.map(([when, ageMs, leastMs]) => [`${name}, ${when}`, make, ageMs, leastMs] as const),
);

describe.concurrent("a lock that nobody refreshes is taken over", () => {
  for (const [name, make, ageMs, leastMs] of CASES) {
    test(name, async ({ expect }) => {
      await using scene = new LockScene();
      const lock = new WriteLock(nodeFileSystem, scene.file, { staleMs: STALE_MS });
      make(lock.path, ageMs);
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
    makeLock(lock.path, HOUR_MS);
    const end = performance.now() + 1500;
    expect(await lock.acquire(() => performance.now() < end)).toBe(false);
    expect(await msToAcquire(lock)).toBeLessThan(1000);
    await lock.release();
  });

  test("also where change times show as birth times, and others wait too", async ({ expect }) => {
    await using scene = new LockScene();
    // As libuv does where it has no statx.
    const fs = birthless((stat) => stat.ctimeNs ?? 0n);
    const locks = [0, 1].map(() => new WriteLock(fs, scene.file, { staleMs: STALE_MS }));
    makeLock(locks[0]!.path, HOUR_MS);
    const start = performance.now();
    const wanted = () => performance.now() - start < 2 * STALE_MS;
    await Promise.race(locks.map((lock) => lock.acquire(wanted)));
    expect(locks.filter((lock) => lock.held)).toHaveLength(1);
    await Promise.all(locks.map((lock) => lock.release()));
  });

  test("past a guard and a note that a crash left", async ({ expect }) => {
    await using scene = new LockScene();
    const lock = new WriteLock(nodeFileSystem, scene.file, { staleMs: STALE_MS });
    makeLock(lock.path, HOUR_MS);
    makeLock(`${lock.path}.steal`, HOUR_MS);
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
    makeLock(lock.path, HOUR_MS);
    makeLock(guard);
    const end = performance.now() + 2800;
    expect(await lock.acquire(() => performance.now() < end)).toBe(false);
    expect(existsSync(guard)).toBe(true);
    unlinkSync(guard);
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
      open: async (name, how, mode) => {
        if (name === `${path}.steal` && replaced++ === 0) {
          unlinkSync(path);
          makeLock(path);
        }
        return nodeFileSystem.open(name, how, mode);
      },
    };
    const lock = new WriteLock(fs, scene.file, { staleMs: STALE_MS });
    makeLock(path, HOUR_MS);
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
        open: async (name, how, mode) => {
          const file = await nodeFileSystem.open(name, how, mode);
          if (name.endsWith(".steal")) guarded = true;
          return file;
        },
        stat: async (name) => {
          if (name === path && guarded && !harmed) {
            harmed = true;
            if (!isGuardHarmed) await wait(1100);
            else {
              unlinkSync(`${path}.steal`);
              makeLock(`${path}.steal`);
            }
          }
          return nodeFileSystem.stat(name);
        },
        unlink: async (name) => {
          if (name === path) removals += 1;
          await nodeFileSystem.unlink(name);
        },
        rename: async (from, to) => {
          if (from === path) removals += 1;
          await nodeFileSystem.rename(from, to);
        },
      };
      const lock = new WriteLock(fs, scene.file, { staleMs: STALE_MS });
      makeLock(path, HOUR_MS);
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
          unlinkSync(guard);
          makeLock(guard);
        }
        await nodeFileSystem.rename(from, to);
      },
    };
    const lock = new WriteLock(fs, scene.file, { staleMs: STALE_MS });
    makeLock(lock.path, HOUR_MS);
    makeLock(guard, HOUR_MS);
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

describe.concurrent("a lock that took long to make", () => {
  test("is known by what was made, whoever took its place", async ({ expect }) => {
    for (const staleMs of [2000, 600_000]) {
      await using scene = new LockScene();
      let slow = true;
      const fs: FileSystem = {
        ...nodeFileSystem,
        open: async (path, how, mode) => {
          const file = await nodeFileSystem.open(path, how, mode);
          if (!slow) return file;
          slow = false;
          // Another took it over meanwhile, by what it was told of staleness.
          unlinkSync(path);
          makeLock(path);
          return file;
        },
      };
      const lock = new WriteLock(fs, scene.file, { staleMs });
      expect(await lock.acquire(always)).toBe(true);
      expect(await lock.verify()).toBe(false);
      await lock.release();
      expect(existsSync(lock.path)).toBe(true);
    }
  });

  test("is known by its time where birth times move with every change", async ({ expect }) => {
    await using scene = new LockScene();
    // As libuv does where it has no statx: the change time in place of the birth time.
    const fs = birthless((stat) => stat.ctimeNs ?? 0n);
    const lock = new WriteLock(fs, scene.file, { staleMs: 2000 });
    for (let turn = 0; turn < 2; turn += 1) {
      expect(await lock.acquire(always)).toBe(true);
      await wait(2300);
      expect(await lock.verify()).toBe(true);
      await lock.release();
    }
    expect(readdirSync(scene.directory)).toEqual([]);
  });
});
