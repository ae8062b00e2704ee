import { existsSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { describe, test, vi } from "vitest";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { openTranscript } from "../../src/index.js";
import { WriteLock } from "../../src/lock/write-lock.js";
import { forMs, LockScene, makeLock } from "./children/lock-harness.js";

// So long that a lock which has to go stale first is seen to.
const STALE_MS = 60_000;
const isLinux = process.platform === "linux";

vi.setConfig({ maxConcurrency: 20 });

function lockOf(scene: LockScene): WriteLock {
  return new WriteLock(nodeFileSystem, scene.file, { staleMs: STALE_MS });
}

async function noteOf(scene: LockScene): Promise<Record<string, unknown>> {
  const note = `${scene.file}.lock.owner`;
  for (;;) {
    const text = existsSync(note) ? readFileSync(note, "utf8") : "";
    if (text !== "") return JSON.parse(text) as Record<string, unknown>;
    await wait(5);
  }
}

describe.runIf(isLinux)("a lock whose holder is gone from this host", { concurrent: true }, () => {
  test("is taken over at once", async ({ expect }) => {
    await using scene = new LockScene();
    const holder = await scene.holder(STALE_MS);
    await noteOf(scene);
    await holder.kill();
    expect(existsSync(`${scene.file}.lock`)).toBe(true);
    const lock = lockOf(scene);
    expect(await lock.acquire(forMs(30_000))).toBe(true);
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("is taken over by one alone", async ({ expect }) => {
    await using scene = new LockScene();
    const holder = await scene.holder(STALE_MS);
    await noteOf(scene);
    await holder.kill();
    let inside = 0;
    const turns = Array.from({ length: 8 }, async () => {
      const lock = lockOf(scene);
      expect(await lock.acquire(forMs(50_000))).toBe(true);
      inside += 1;
      expect(inside).toBe(1);
      await wait(20);
      inside -= 1;
      expect(await lock.verify()).toBe(true);
      await lock.release();
    });
    await Promise.all(turns);
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("is kept by one that lives and does nothing", async ({ expect }) => {
    await using scene = new LockScene();
    const holder = await scene.holder(STALE_MS);
    await noteOf(scene);
    holder.process.kill("SIGSTOP");
    expect(await lockOf(scene).acquire(forMs(1500))).toBe(false);
    holder.process.kill("SIGCONT");
    expect(await holder.ask("verify")).toBe("verify true");
  });

  for (const [name, change] of Object.entries({
    "of another lock": (note: Record<string, unknown>) => ({ ...note, lock: "1:2:3" }),
    "of another host": (note: Record<string, unknown>) => ({
      ...note,
      process: { ...(note.process as object), host: "another" },
    }),
    "that says too little": ({ pid, host }: Record<string, unknown>) => ({ pid, host }),
  })) {
    test(`is not told by a note ${name}`, async ({ expect }) => {
      await using scene = new LockScene();
      const holder = await scene.holder(STALE_MS);
      const note = await noteOf(scene);
      await holder.kill();
      writeFileSync(`${scene.file}.lock.owner`, JSON.stringify(change(note)));
      expect(await lockOf(scene).acquire(forMs(1200))).toBe(false);
    });
  }

  test("is not told by the note of a lock that was there before", async ({ expect }) => {
    await using scene = new LockScene();
    const holder = await scene.holder(STALE_MS);
    await noteOf(scene);
    await holder.kill();
    unlinkSync(`${scene.file}.lock`);
    makeLock(`${scene.file}.lock`);
    const lock = lockOf(scene);
    expect(await lock.acquire(forMs(1200))).toBe(false);
    expect(await lock.describeHolder()).toMatchObject({ kind: "leaflog", isGone: false });
    expect((await lock.describeHolder()).owner).toBe(undefined);
  });

  for (const how of ["exit", "throw", "SIGTERM", "SIGINT"] as const) {
    test(`is taken over where a worker thread had it when its process ended: ${how}`, async ({
      expect,
    }) => {
      await using scene = new LockScene();
      const host = scene.start("worker-host.ts", scene.file, String(STALE_MS));
      expect(await host.hear()).toBe("ready");
      expect(await noteOf(scene)).toMatchObject({ pid: host.process.pid });
      if (how.startsWith("SIG")) host.process.kill(how as NodeJS.Signals);
      else host.tell(how);
      await host.exited;
      const lock = lockOf(scene);
      expect(await lock.acquire(forMs(30_000))).toBe(true);
      await lock.release();
      expect(readdirSync(scene.directory)).toEqual([]);
    });
  }

  test("is taken over where a worker thread had it that was terminated", async ({ expect }) => {
    await using scene = new LockScene();
    const program = new URL("children/lock-worker.ts", import.meta.url);
    const worker = new Worker(new URL("../support/worker-entry.mjs", import.meta.url), {
      workerData: { program: program.href, file: scene.file, staleMs: STALE_MS },
    });
    expect(await noteOf(scene)).toMatchObject({ pid: process.pid, process: { thread: {} } });
    const lock = lockOf(scene);
    expect(await lock.acquire(forMs(600))).toBe(false);
    await worker.terminate();
    expect(await lock.acquire(forMs(30_000))).toBe(true);
    await lock.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });
});

test("a holder that is gone is called gone where a lock has to go stale", async ({ expect }) => {
  await using scene = new LockScene();
  const holder = await scene.holder(STALE_MS);
  await noteOf(scene);
  await holder.kill();
  const pid = holder.process.pid;
  writeFileSync(`${scene.file}.lock.owner`, JSON.stringify({ pid, host: hostname() }));
  await using transcript = await openTranscript(scene.file, { lock: { timeoutMs: 500 } });
  await expect(transcript.append({ type: "a" })).rejects.toMatchObject({
    code: "LEAFLOG_LOCK_TIMEOUT",
    owner: { pid },
    message: expect.stringMatching(/runs no more, and its lock is taken over 10000 ms after/),
  });
});
