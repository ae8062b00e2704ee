import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, test, vi } from "vitest";
import { WriteLock } from "../../../src/append/lock/write-lock.js";
import type { FileSystem } from "../../../src/file/file-system.js";
import { nodeFileSystem } from "../../../src/file/node-file-system.js";
import { errno, forMs, LockScene } from "./children/lock-harness.js";

const STALE = { staleMs: 2000 };
const always = () => true;

// These tests wait much and work little.
vi.setConfig({ maxConcurrency: 20 });

describe.concurrent("a write lock", () => {
  test("is a directory while held, and nothing afterwards", async ({ expect }) => {
    await using scene = new LockScene();
    const lock = new WriteLock(nodeFileSystem, scene.file, STALE);
    expect(lock.path).toBe(`${scene.file}.lock`);
    expect([lock.held, lock.heldMs]).toEqual([false, 0]);
    const before = performance.now();
    expect(await lock.acquire(always)).toBe(true);
    expect(lock.held).toBe(true);
    expect(lock.verifiedAt).toBeGreaterThan(before);
    expect(lock.verifiedAt).toBeLessThan(performance.now());
    await wait(20);
    expect(lock.heldMs).toBeGreaterThan(15);
    const acquiredAt = lock.verifiedAt;
    expect(await lock.verify()).toBe(true);
    expect(lock.verifiedAt).toBeGreaterThan(acquiredAt);
    expect(await lock.acquire(always)).toBe(true);
    expect(statSync(lock.path).isDirectory()).toBe(true);
    await Promise.all([lock.release(), lock.release()]);
    expect([lock.held, lock.heldMs, await lock.verify()]).toEqual([false, 0, false]);
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("is handed over without a long wait", async ({ expect }) => {
    await using scene = new LockScene();
    const first = new WriteLock(nodeFileSystem, scene.file, STALE);
    const second = new WriteLock(nodeFileSystem, scene.file, STALE);
    await first.acquire(always);
    const waiting = second.acquire(always).then(() => performance.now());
    await wait(200);
    expect(second.held).toBe(false);
    const released = performance.now();
    await first.release();
    expect((await waiting) - released).toBeLessThan(500);
    expect(await second.verify()).toBe(true);
    await second.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("is waited for only as long as it is wanted", async ({ expect }) => {
    await using scene = new LockScene();
    const holder = new WriteLock(nodeFileSystem, scene.file, STALE);
    const lock = new WriteLock(nodeFileSystem, scene.file, STALE);
    expect(await lock.acquire(() => false)).toBe(false);
    expect(readdirSync(scene.directory)).toEqual([]);
    await holder.acquire(always);
    const start = performance.now();
    expect(await lock.acquire(forMs(300))).toBe(false);
    expect(performance.now() - start).toBeLessThan(1500);
    await lock.release();
    expect(await holder.verify()).toBe(true);
    await holder.release();
  });

  test("has one holder among twenty in one process", async ({ expect }) => {
    await using scene = new LockScene();
    let inside = 0;
    let most = 0;
    const turns = Array.from({ length: 20 }, async () => {
      const lock = new WriteLock(nodeFileSystem, scene.file, STALE);
      await lock.acquire(always);
      inside += 1;
      most = Math.max(most, inside);
      await wait(2);
      inside -= 1;
      await lock.release();
    });
    await Promise.all(turns);
    expect(most).toBe(1);
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("deleted by hand is lost, and stays another's", async ({ expect }) => {
    await using scene = new LockScene();
    const lock = new WriteLock(nodeFileSystem, scene.file, STALE);
    await lock.acquire(always);
    rmdirSync(lock.path);
    expect(await lock.verify()).toBe(false);
    expect([lock.held, lock.heldMs]).toEqual([false, 0]);
    const next = new WriteLock(nodeFileSystem, scene.file, STALE);
    await next.acquire(always);
    await lock.release();
    expect(await next.verify()).toBe(true);
    await next.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("deleted by hand is noticed by the heartbeat, and can be taken again", async ({
    expect,
  }) => {
    await using scene = new LockScene();
    const lock = new WriteLock(nodeFileSystem, scene.file, STALE);
    await lock.acquire(always);
    rmdirSync(lock.path);
    mkdirSync(lock.path);
    await wait(1500);
    expect(lock.held).toBe(false);
    rmdirSync(lock.path);
    expect(await lock.acquire(always)).toBe(true);
    expect(await lock.verify()).toBe(true);
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("replaced by a file is lost, and the file stays", async ({ expect }) => {
    await using scene = new LockScene();
    const lock = new WriteLock(nodeFileSystem, scene.file, STALE);
    await lock.acquire(always);
    rmdirSync(lock.path);
    writeFileSync(lock.path, "another's");
    expect(await lock.verify()).toBe(false);
    await lock.release();
    expect(readFileSync(lock.path, "utf8")).toBe("another's");
  });

  test("whose time was touched is still ours", async ({ expect }) => {
    await using scene = new LockScene();
    const lock = new WriteLock(nodeFileSystem, scene.file, STALE);
    await lock.acquire(always);
    utimesSync(lock.path, new Date(), new Date(Date.now() - 3_600_000));
    await wait(1500);
    expect(lock.held).toBe(true);
    expect(Date.now() - statSync(lock.path).mtimeMs).toBeLessThan(1500);
    await lock.release();
  });

  test("is refreshed every second", async ({ expect }) => {
    await using scene = new LockScene();
    const lock = new WriteLock(nodeFileSystem, scene.file, { staleMs: 10_000 });
    await lock.acquire(always);
    const times = new Set<number>();
    for (const end = forMs(3500); end(); await wait(50)) times.add(statSync(lock.path).mtimeMs);
    expect(times.size).toBeGreaterThanOrEqual(3);
    expect(await lock.verify()).toBe(true);
    await lock.release();
  });

  test("survives many quick turns with heartbeats in between", async ({ expect }) => {
    await using scene = new LockScene();
    const lock = new WriteLock(nodeFileSystem, scene.file, STALE);
    for (const end = forMs(2500); end(); ) {
      await lock.acquire(always);
      await wait(Math.random() < 0.02 ? 1001 : 0);
      expect(await lock.verify()).toBe(true);
      await lock.release();
    }
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("waits for its heartbeat before it is given back, and has none afterwards", async ({
    expect,
  }) => {
    await using scene = new LockScene();
    const calls: string[] = [];
    let slowMs = 0;
    const fs: FileSystem = {
      ...nodeFileSystem,
      stat: (path) => {
        calls.push("stat");
        return nodeFileSystem.stat(path);
      },
      utimes: async (path, atime, mtime) => {
        calls.push("utimes begins");
        await wait(slowMs);
        await nodeFileSystem.utimes(path, atime, mtime);
        calls.push("utimes ends");
      },
      rmdir: (path) => {
        calls.push("rmdir");
        return nodeFileSystem.rmdir(path);
      },
    };
    const lock = new WriteLock(fs, scene.file, STALE);
    await lock.acquire(always);
    slowMs = 300;
    calls.length = 0;
    await expect.poll(() => calls, { timeout: 2000 }).toContain("utimes begins");
    await lock.release();
    expect(calls.filter((call) => call !== "stat")).toEqual([
      "utimes begins",
      "utimes ends",
      "rmdir",
    ]);
    calls.length = 0;
    await wait(1300);
    expect(calls).toEqual([]);
  });

  test("taken over within one process keeps its heartbeat when the victim goes", async ({
    expect,
  }) => {
    await using scene = new LockScene();
    let refreshes = 0;
    const fs: FileSystem = {
      ...nodeFileSystem,
      utimes: (path, atime, mtime) =>
        refreshes++ > 0 ? Promise.reject(errno("EIO")) : nodeFileSystem.utimes(path, atime, mtime),
    };
    const victim = new WriteLock(fs, scene.file, STALE);
    const thief = new WriteLock(nodeFileSystem, scene.file, STALE);
    await victim.acquire(always);
    await thief.acquire(always);
    const before = statSync(thief.path).mtimeMs;
    expect(await victim.verify()).toBe(false);
    await victim.release();
    await wait(2300);
    expect(statSync(thief.path).mtimeMs).toBeGreaterThan(before);
    expect(await thief.verify()).toBe(true);
    await thief.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("removed by hand in the making is made again", async ({ expect }) => {
    for (const operation of ["stat", "utimes"] as const) {
      await using scene = new LockScene();
      let removals = 1;
      const remove = (path: string) => {
        if (removals-- > 0) rmdirSync(path);
      };
      const fs: FileSystem = {
        ...nodeFileSystem,
        stat: (path) => {
          if (operation === "stat") remove(path);
          return nodeFileSystem.stat(path);
        },
        utimes: (path, atime, mtime) => {
          if (operation === "utimes") remove(path);
          return nodeFileSystem.utimes(path, atime, mtime);
        },
      };
      const lock = new WriteLock(fs, scene.file, STALE);
      expect(await lock.acquire(always)).toBe(true);
      expect(await lock.verify()).toBe(true);
      await lock.release();
      expect(removals).toBeLessThan(1);
      expect(readdirSync(scene.directory)).toEqual([]);
    }
  });
});

describe.concurrent("the holder", () => {
  test("is noted beside the lock while it is held", async ({ expect }) => {
    await using scene = new LockScene();
    const lock = new WriteLock(nodeFileSystem, scene.file, STALE);
    const note = `${lock.path}.owner`;
    writeFileSync(note, "left by a crash");
    await lock.acquire(always);
    await expect.poll(() => readFileSync(note, "utf8")).toContain(`"pid":${process.pid}`);
    expect(statSync(note).mode & 0o777).toBe(0o600);
    const other = new WriteLock(nodeFileSystem, scene.file, STALE);
    const { owner, ageMs, isFile } = await other.describeHolder();
    expect(owner).toMatchObject({ pid: process.pid, host: expect.any(String) });
    expect(Date.parse(owner!.startedAt!)).toBeLessThan(Date.now());
    expect(ageMs).toBeLessThan(1500);
    expect(isFile).toBe(false);
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual([]);
    expect(await other.describeHolder()).toEqual({ isFile: false });
  });

  test("does no worse when it cannot be noted", async ({ expect }) => {
    await using scene = new LockScene();
    const fs: FileSystem = {
      ...nodeFileSystem,
      open: async (path, how, mode) => {
        const file = await nodeFileSystem.open(path, how, mode);
        return Object.assign(file, { write: () => Promise.reject(errno("ENOSPC")) });
      },
    };
    const lock = new WriteLock(fs, scene.file, STALE);
    await lock.acquire(always);
    expect(await lock.verify()).toBe(true);
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("may be a program whose lock is a file: never stale", async ({ expect }) => {
    await using scene = new LockScene();
    const lock = new WriteLock(nodeFileSystem, scene.file, STALE);
    const createdAt = "2026-01-02T03:04:05.678Z";
    writeFileSync(lock.path, JSON.stringify({ pid: 4711, createdAt, maxHoldMs: 1 }));
    utimesSync(lock.path, 1, 1);
    const start = performance.now();
    expect(await lock.acquire(forMs(300))).toBe(false);
    expect(performance.now() - start).toBeLessThan(1500);
    const holder = await lock.describeHolder();
    expect(holder).toMatchObject({ isFile: true, owner: { pid: 4711, startedAt: createdAt } });
    expect(holder.ageMs).toBeGreaterThan(1e9);
    expect(await lock.acquire(forMs(3000))).toBe(false);
    writeFileSync(lock.path, "x".repeat(10_000));
    expect(await lock.describeHolder()).toEqual({ isFile: true, ageMs: expect.any(Number) });
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual([basename(lock.path)]);
  });
});
