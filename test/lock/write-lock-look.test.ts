import { chmodSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { FileStat } from "../../src/file/file-stat.js";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { LeaflogError } from "../../src/index.js";
import { WriteLock } from "../../src/lock/write-lock.js";
import { LockScene } from "./children/lock-harness.js";

const always = () => true;

/** A lock that is had, whose looks are answered as said; default: at once. */
async function held(
  scene: LockScene,
  look: (path: string) => FileStat | Promise<FileStat> = nodeFileSystem.statSync,
) {
  const lock = new WriteLock(nodeFileSystem, scene.file, { staleMs: 2000, look });
  await lock.acquire(always);
  return lock;
}

test("a look that is answered at once says at once that the lock is ours", async () => {
  await using scene = new LockScene();
  const lock = await held(scene);
  const before = performance.now();
  expect(lock.look()).toBe(true);
  expect(lock.verifiedAt).toBeGreaterThan(before);
  expect([lock.held, lock.isWaitedFor]).toEqual([true, false]);
  await lock.release();
  expect(lock.look()).toBe(false);
});

test.each([
  ["is gone", (path: string) => unlinkSync(path)],
  [
    "is another's",
    (path: string) => {
      // Beside ours for a moment, so that it cannot have its number.
      writeFileSync(`${path}.other`, "");
      renameSync(`${path}.other`, path);
    },
  ],
])("a lock that %s is lost, at once and for good", async (_, lose) => {
  await using scene = new LockScene();
  const lock = await held(scene);
  lose(lock.path);
  expect(lock.look()).toBe(false);
  expect(lock.held).toBe(false);
  expect(lock.look()).toBe(false);
  await lock.release();
});

test("a look that is answered at once sees that others wait", async () => {
  await using scene = new LockScene();
  const lock = await held(scene);
  const other = new WriteLock(nodeFileSystem, scene.file, { staleMs: 2000 });
  let tries = 0;
  await other.acquire(() => tries++ === 0);
  expect(lock.look()).toBe(true);
  expect(lock.isWaitedFor).toBe(true);
  chmodSync(lock.path, 0o600);
  await lock.release();
});

test("a look that fails is thrown, and is no loss", async () => {
  await using scene = new LockScene();
  let broken = false;
  const lock = await held(scene, (path) => {
    if (broken) throw Object.assign(new Error("EIO"), { code: "EIO" });
    return nodeFileSystem.statSync(path);
  });
  broken = true;
  expect(() => lock.look()).toThrow(LeaflogError);
  await expect(lock.verify()).rejects.toMatchObject({
    code: "LEAFLOG_LOCK_FAILED",
    cause: { code: "EIO" },
  });
  broken = false;
  expect(lock.look()).toBe(true);
  await lock.release();
});

test("a look that is answered later is waited for", async () => {
  await using scene = new LockScene();
  const lock = await held(scene, nodeFileSystem.stat);
  const answer = lock.look();
  expect(answer).toBeInstanceOf(Promise);
  expect(await answer).toBe(true);
  unlinkSync(lock.path);
  expect(await lock.look()).toBe(false);
  await lock.release();
});
