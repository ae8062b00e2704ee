import { existsSync, unlinkSync } from "node:fs";
import { expect, test } from "vitest";
import type { FileSystem } from "../../src/file/file-system.js";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { WriteLock } from "../../src/lock/write-lock.js";
import { LockScene, makeLock } from "./children/lock-harness.js";

// A file of its own, because it blocks the event loop.

test("a look whose answer met a blocked loop is repeated: the lock may be another's by now", async () => {
  await using scene = new LockScene();
  let blocked = false;
  const fs: FileSystem = {
    ...nodeFileSystem,
    stat: async (path) => {
      const stat = await nodeFileSystem.stat(path);
      if (!blocked) return stat;
      blocked = false;
      unlinkSync(path);
      makeLock(path);
      for (const end = performance.now() + 1100; performance.now() < end; );
      return stat;
    },
  };
  const lock = new WriteLock(fs, scene.file, { staleMs: 2000 });
  await lock.acquire(() => true);
  blocked = true;
  expect(await lock.verify()).toBe(false);
  await lock.release();
  expect(existsSync(lock.path)).toBe(true);
});
