import { readdirSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { LeaflogError } from "../../src/base/errors.js";
import type { FileSystem } from "../../src/file/file-system.js";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { WriteLock } from "../../src/lock/write-lock.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { errno, forMs, LockScene, makeLock } from "./children/lock-harness.js";

const STALE = { staleMs: 2000 };
const always = () => true;

// These tests wait much and work little.
vi.setConfig({ maxConcurrency: 20 });

async function failure(work: Promise<unknown>): Promise<LeaflogError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LeaflogError);
  return error as LeaflogError;
}

describe.concurrent("a lock that cannot be made", () => {
  test("fails at once without a parent directory", async ({ expect }) => {
    await using scene = new LockScene();
    const file = join(scene.directory, "missing", "t.jsonl");
    const error = await failure(new WriteLock(nodeFileSystem, file, STALE).acquire(always));
    expect(error).toMatchObject({ code: "LEAFLOG_LOCK_FAILED", file, cause: { code: "ENOENT" } });
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("fails at once below a file", async ({ expect }) => {
    await using scene = new LockScene();
    writeFileSync(scene.file, "");
    const file = join(scene.file, "t.jsonl");
    const error = await failure(new WriteLock(nodeFileSystem, file, STALE).acquire(always));
    expect(error).toMatchObject({ code: "LEAFLOG_LOCK_FAILED", cause: { code: "ENOTDIR" } });
  });

  for (const code of ["EACCES", "EROFS", "ENOSPC", "EMFILE", "EIO"]) {
    test(`fails at once with ${code}`, async ({ expect }) => {
      await using scene = new LockScene();
      const fs = { ...nodeFileSystem, open: () => Promise.reject(errno(code)) };
      const start = performance.now();
      const error = await failure(new WriteLock(fs, scene.file, STALE).acquire(always));
      expect(performance.now() - start).toBeLessThan(1500);
      expect(error).toMatchObject({ code: "LEAFLOG_LOCK_FAILED", cause: { code } });
      expect(error.file).toBe(scene.file);
    });
  }

  test("leaves nothing when it cannot be looked at", async ({ expect }) => {
    await using scene = new LockScene();
    let failures = 1;
    const fs = interceptedFileSystem(async ({ name }, run) => {
      if (name === "file.stat" && failures-- > 0) throw errno("EIO");
      return run();
    });
    const lock = new WriteLock(fs, scene.file, STALE);
    const error = await failure(lock.acquire(always));
    expect(error).toMatchObject({ code: "LEAFLOG_LOCK_FAILED", cause: { code: "EIO" } });
    expect(readdirSync(scene.directory)).toEqual([]);
    expect(await lock.acquire(always)).toBe(true);
    await lock.release();
  });

  test("whose descriptor is closed with an error is had, and given back", async ({ expect }) => {
    await using scene = new LockScene();
    let failures = 1;
    const fs = interceptedFileSystem(async ({ name, path }, run) => {
      const result = await run();
      if (name === "file.close" && path.endsWith(".lock") && failures-- > 0) throw errno("EIO");
      return result;
    });
    const lock = new WriteLock(fs, scene.file, STALE);
    expect(await lock.acquire(always)).toBe(true);
    expect(await lock.verify()).toBe(true);
    await lock.release();
    expect(failures).toBe(0);
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("is tried again after EPERM and EBUSY, on the way in and out", async ({ expect }) => {
    await using scene = new LockScene();
    let refusals = 4;
    const refuse = async () => {
      if (refusals-- > 0) throw errno(refusals % 2 === 0 ? "EPERM" : "EBUSY");
    };
    const fs: FileSystem = {
      ...nodeFileSystem,
      open: (path, how, mode) =>
        path.endsWith(".lock")
          ? refuse().then(() => nodeFileSystem.open(path, how, mode))
          : nodeFileSystem.open(path, how, mode),
      // The note beside it is nobody's trouble, and does without.
      unlink: (path) =>
        path.endsWith(".lock")
          ? refuse().then(() => nodeFileSystem.unlink(path))
          : nodeFileSystem.unlink(path),
    };
    const lock = new WriteLock(fs, scene.file, STALE);
    expect(await lock.acquire(always)).toBe(true);
    refusals = 3;
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("fails when EPERM does not end", async ({ expect }) => {
    await using scene = new LockScene();
    const fs = { ...nodeFileSystem, open: () => Promise.reject(errno("EPERM")) };
    const lock = new WriteLock(fs, scene.file, STALE);
    expect(await lock.acquire(forMs(300))).toBe(false);
    const start = performance.now();
    const error = await failure(lock.acquire(always));
    expect(error).toMatchObject({ code: "LEAFLOG_LOCK_FAILED", cause: { code: "EPERM" } });
    expect(performance.now() - start).toBeGreaterThan(1900);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});

describe.concurrent("a disk error while it is held", () => {
  test("is no loss: verify and release reject, later ones work", async ({ expect }) => {
    await using scene = new LockScene();
    let broken = false;
    const fs: FileSystem = {
      ...nodeFileSystem,
      stat: (path) => (broken ? Promise.reject(errno("EIO")) : nodeFileSystem.stat(path)),
    };
    const lock = new WriteLock(fs, scene.file, STALE);
    await lock.acquire(always);
    broken = true;
    const looking = await failure(lock.verify());
    expect(looking).toMatchObject({ code: "LEAFLOG_LOCK_FAILED", cause: { code: "EIO" } });
    expect(lock.held).toBe(true);
    broken = false;
    expect(await lock.verify()).toBe(true);
    broken = true;
    const leaving = await failure(lock.release());
    expect(leaving).toMatchObject({ code: "LEAFLOG_LOCK_FAILED", cause: { code: "EIO" } });
    broken = false;
    expect(lock.held).toBe(false);
    const start = performance.now();
    expect(await lock.acquire(always)).toBe(true);
    expect(performance.now() - start).toBeLessThan(3000);
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("a lock that could not be given back is in nobody's way here", async ({ expect }) => {
    await using scene = new LockScene();
    let failures = 0;
    const fs: FileSystem = {
      ...nodeFileSystem,
      unlink: (path) => {
        const isStruck = path.endsWith(".lock") && failures-- > 0;
        return isStruck ? Promise.reject(errno("EIO")) : nodeFileSystem.unlink(path);
      },
    };
    // Had it to go stale, the test would time out.
    const lock = new WriteLock(fs, scene.file, { staleMs: 600_000 });
    await lock.acquire(always);
    failures = 2;
    await failure(lock.release());
    expect(await failure(lock.acquire(always))).toMatchObject({ code: "LEAFLOG_LOCK_FAILED" });
    expect(await lock.acquire(always)).toBe(true);
    failures = 1;
    await failure(lock.release());
    // Another took it over since: that one's is left alone.
    await rm(lock.path);
    makeLock(lock.path);
    expect(await lock.acquire(forMs(100))).toBe(false);
    expect(readdirSync(scene.directory)).toEqual([basename(lock.path)]);
  });

  test("a slow disk, 100 ms each call, is no loss either", async ({ expect }) => {
    await using scene = new LockScene();
    const slow = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
      return (...args: A): Promise<R> => wait(100).then(() => call(...args));
    };
    const fs: FileSystem = {
      ...nodeFileSystem,
      open: slow(nodeFileSystem.open),
      stat: slow(nodeFileSystem.stat),
      utimes: slow(nodeFileSystem.utimes),
      unlink: slow(nodeFileSystem.unlink),
    };
    const lock = new WriteLock(fs, scene.file, STALE);
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await lock.acquire(always)).toBe(true);
      // Released while a heartbeat is under way.
      await wait(1050 + 100 * turn);
      expect(await lock.verify()).toBe(true);
      await lock.release();
    }
    expect(readdirSync(scene.directory)).toEqual([]);
  });
});
