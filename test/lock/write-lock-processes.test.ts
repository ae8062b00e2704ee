import { existsSync, readdirSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { describe, test } from "vitest";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { WriteLock } from "../../src/lock/write-lock.js";
import { LockScene } from "./children/lock-harness.js";

const STALE_MS = 2000;
const always = () => true;

function thiefOf(scene: LockScene): WriteLock {
  return new WriteLock(nodeFileSystem, scene.file, { staleMs: STALE_MS });
}

describe.concurrent("a holder in another process", () => {
  test("whose loop was blocked finds its lock lost, and leaves the thief's", async ({ expect }) => {
    await using scene = new LockScene();
    const victim = await scene.holder(STALE_MS);
    const thief = thiefOf(scene);
    victim.tell("block 4500");
    expect(await thief.acquire(always)).toBe(true);
    expect(await victim.hear()).toMatch(/^block/);
    expect(await victim.ask("verify")).toBe("verify false");
    expect(await victim.ask("release")).toBe("release undefined");
    expect(await thief.verify()).toBe(true);
    expect(thief.held).toBe(true);
    await thief.release();
    expect(await victim.ask("acquire")).toBe("acquire true");
    expect(await victim.ask("verify")).toBe("verify true");
    expect(await victim.ask("release")).toBe("release undefined");
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("that releases without a look leaves the thief's lock too", async ({ expect }) => {
    await using scene = new LockScene();
    const victim = await scene.holder(STALE_MS);
    const thief = thiefOf(scene);
    victim.tell("block 4500");
    victim.tell("release");
    expect(await thief.acquire(always)).toBe(true);
    expect(await victim.hear()).toMatch(/^block/);
    expect(await victim.hear()).toBe("release undefined");
    expect(await thief.verify()).toBe(true);
    await thief.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("that was stopped finds its lock lost, and leaves the thief's", async ({ expect }) => {
    await using scene = new LockScene();
    const victim = await scene.holder(STALE_MS);
    const thief = thiefOf(scene);
    victim.process.kill("SIGSTOP");
    expect(await thief.acquire(always)).toBe(true);
    victim.tell("verify");
    victim.process.kill("SIGCONT");
    expect(await victim.hear()).toBe("verify false");
    await wait(1200);
    expect(await victim.ask("held")).toBe("held false");
    expect(await victim.ask("release")).toBe("release undefined");
    expect(await thief.verify()).toBe(true);
    await thief.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("that was killed holds others up for staleMs, no longer", async ({ expect }) => {
    await using scene = new LockScene();
    const victim = await scene.holder(STALE_MS);
    const next = thiefOf(scene);
    const owner = async () => (await next.describeHolder()).owner?.pid;
    await expect.poll(owner).toBe(victim.process.pid);
    await victim.kill();
    expect(existsSync(`${scene.file}.lock`)).toBe(true);
    expect(await owner()).toBe(victim.process.pid);
    const start = performance.now();
    expect(await next.acquire(always)).toBe(true);
    expect(performance.now() - start).toBeLessThan(STALE_MS + 1000);
    await next.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("that lives keeps its lock", async ({ expect }) => {
    await using scene = new LockScene();
    const holder = await scene.holder(STALE_MS);
    const end = performance.now() + 5000;
    expect(await thiefOf(scene).acquire(() => performance.now() < end)).toBe(false);
    expect(await holder.ask("verify")).toBe("verify true");
    expect(await holder.ask("release")).toBe("release undefined");
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("that exits leaves nothing", async ({ expect }) => {
    await using scene = new LockScene();
    const holder = await scene.holder(STALE_MS);
    await wait(100);
    holder.tell("exit");
    expect(await holder.exited).toEqual({ code: 0, signal: null });
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("that exits after its lock was stolen leaves the thief's", async ({ expect }) => {
    await using scene = new LockScene();
    const victim = await scene.holder(STALE_MS);
    const thief = thiefOf(scene);
    victim.process.kill("SIGSTOP");
    expect(await thief.acquire(always)).toBe(true);
    victim.tell("exit");
    victim.process.kill("SIGCONT");
    expect(await victim.exited).toEqual({ code: 0, signal: null });
    expect(await thief.verify()).toBe(true);
    await expect.poll(async () => (await thief.describeHolder()).owner?.pid).toBe(process.pid);
    await thief.release();
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`runs its own handler of ${signal}, and leaves nothing`, async ({ expect }) => {
      await using scene = new LockScene();
      const holder = await scene.holder(STALE_MS);
      await holder.ask(`handle ${signal}`);
      holder.process.kill(signal);
      expect(await holder.hear()).toBe(`handled ${signal}`);
      expect(await holder.exited).toEqual({ code: 7, signal: null });
      expect(readdirSync(scene.directory)).toEqual([]);
    });

    test(`dies of ${signal} without a handler, and leaves nothing`, async ({ expect }) => {
      await using scene = new LockScene();
      const holder = await scene.holder(STALE_MS);
      await wait(100);
      holder.process.kill(signal);
      expect(await holder.exited).toEqual({ code: null, signal });
      expect(readdirSync(scene.directory)).toEqual([]);
    });
  }

  test.skipIf(process.platform === "win32")("survives SIGXFSZ", async ({ expect }) => {
    await using scene = new LockScene();
    const holder = await scene.holder(STALE_MS);
    expect(await holder.ask("listeners SIGXFSZ")).toBe("listeners 2");
    expect(await holder.ask("raise SIGXFSZ")).toBe("raise true");
    await wait(200);
    expect(await holder.ask("verify")).toBe("verify true");
  });
});
