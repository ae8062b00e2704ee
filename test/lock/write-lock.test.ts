import {
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { describe, test, vi } from "vitest";
import type { FileSystem } from "../../src/file/file-system.js";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { WriteLock } from "../../src/lock/write-lock.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { errno, forMs, LockScene, makeLock } from "./children/lock-harness.js";

const STALE = { staleMs: 2000 };
const always = () => true;

// These tests wait much and work little.
vi.setConfig({ maxConcurrency: 20 });

describe.concurrent("a write lock", () => {
  test("is an empty file while held, and nothing afterwards", async ({ expect }) => {
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
    const { mode, size } = statSync(lock.path);
    expect({ mode: mode.toString(8), size }).toEqual({ mode: "100600", size: 0 });
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
    unlinkSync(lock.path);
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
    unlinkSync(lock.path);
    makeLock(lock.path);
    await wait(1500);
    expect(lock.held).toBe(false);
    unlinkSync(lock.path);
    expect(await lock.acquire(always)).toBe(true);
    expect(await lock.verify()).toBe(true);
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("replaced by another program's is lost, and that one stays", async ({ expect }) => {
    await using scene = new LockScene();
    const lock = new WriteLock(nodeFileSystem, scene.file, STALE);
    await lock.acquire(always);
    unlinkSync(lock.path);
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
      unlink: (path) => {
        if (path === `${scene.file}.lock`) calls.push("unlink");
        return nodeFileSystem.unlink(path);
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
      "unlink",
    ]);
    calls.length = 0;
    await wait(1300);
    expect(calls).toEqual([]);
  });

  test("taken over within one process keeps its heartbeat when the victim goes", async ({
    expect,
  }) => {
    await using scene = new LockScene();
    const fs: FileSystem = {
      ...nodeFileSystem,
      utimes: () => Promise.reject(errno("EIO")),
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

  test("removed by hand in the making is found lost, and made again", async ({ expect }) => {
    await using scene = new LockScene();
    let removals = 1;
    const fs: FileSystem = {
      ...nodeFileSystem,
      open: async (path, how, mode) => {
        const file = await nodeFileSystem.open(path, how, mode);
        if (path.endsWith(".lock") && removals-- > 0) unlinkSync(path);
        return file;
      },
    };
    const lock = new WriteLock(fs, scene.file, STALE);
    expect(await lock.acquire(always)).toBe(true);
    expect(await lock.verify()).toBe(false);
    expect(await lock.acquire(always)).toBe(true);
    expect(await lock.verify()).toBe(true);
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("takes what its making takes, and is closed", async ({ expect }) => {
    await using scene = new LockScene();
    const calls: string[] = [];
    const fs = interceptedFileSystem(async ({ name, path }, run) => {
      if (path.endsWith(".lock")) calls.push(name);
      return run();
    });
    const lock = new WriteLock(fs, scene.file, STALE);
    await lock.acquire(always);
    expect(calls).toEqual(["open", "file.stat", "file.close"]);
    calls.length = 0;
    await lock.release();
    expect(calls).toEqual(["stat", "unlink"]);
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
    const { owner, ageMs, kind, isGone } = await other.describeHolder();
    expect(owner).toMatchObject({ pid: process.pid, host: expect.any(String) });
    expect(Date.parse(owner!.startedAt!)).toBeLessThan(Date.now());
    expect(ageMs).toBeLessThan(1500);
    expect({ kind, isGone }).toEqual({ kind: "leaflog", isGone: false });
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual([]);
    expect(await other.describeHolder()).toEqual({ kind: "none", isGone: false });
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
});
