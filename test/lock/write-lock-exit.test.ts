import { existsSync, readdirSync } from "node:fs";
import { describe, test } from "vitest";
import { LockScene } from "./children/lock-harness.js";

describe.concurrent("a process that ends while its lock is being made", () => {
  test("leaves nothing when a signal ends it", async ({ expect }) => {
    await using scene = new LockScene();
    const child = scene.start("lock-maker.ts", scene.file);
    expect(await child.hear()).toBe("made");
    expect(existsSync(`${scene.file}.lock`)).toBe(true);
    child.process.kill("SIGTERM");
    expect(await child.exited).toEqual({ code: null, signal: "SIGTERM" });
    expect(readdirSync(scene.directory)).toEqual([]);
  });

  test("leaves nothing when it exits", async ({ expect }) => {
    await using scene = new LockScene();
    const child = scene.start("lock-maker.ts", scene.file);
    expect(await child.hear()).toBe("made");
    child.tell("exit");
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(readdirSync(scene.directory)).toEqual([]);
  });
});
