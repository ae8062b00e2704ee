import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { test } from "vitest";
import { TakeoverScene } from "../support/locking/takeover-scene.js";

const HOUR_MS = 3_600_000;

// What is to be expected of the lock itself is in test/lock/write-lock-clock.test.ts.
test.concurrent("two writers whose clocks jump by an hour lose no lock and no entry", async ({
  expect,
}) => {
  await using scene = new TakeoverScene(8);
  const [a, b] = await Promise.all([scene.writer("a"), scene.writer("b")]);
  await a.ask("go");
  await b.ask("go");
  for (const [child, ms] of [
    [a, HOUR_MS],
    [b, -HOUR_MS],
    [a, -HOUR_MS],
    [b, HOUR_MS],
  ] as const) {
    await Promise.all([scene.appends("a"), scene.appends("b")]);
    await child.ask(`jump ${ms}`);
    await wait(200);
  }
  await Promise.all([scene.appends("a"), scene.appends("b")]);
  await Promise.all([a.ask("end"), b.ask("end")]);
  expect(await scene.verify()).toMatchObject({ rejected: 0, slipped: 0, forks: 0 });
});

test.concurrent("a lock that is held on while clocks jump is not taken from its holder", async ({
  expect,
}) => {
  await using scene = new TakeoverScene(4);
  const [holder, other] = await Promise.all([scene.writer("holder"), scene.writer("other")]);
  // Not at all, for longer than staleMs, while its heartbeat goes on.
  const held = holder.ask("hold 4500");
  for (let n = 0; n < 4; n += 1) {
    const lock = join(scene.transcripts, `${n}.jsonl.lock`);
    await expect.poll(() => existsSync(lock), { timeout: 20_000 }).toBe(true);
  }
  await other.ask("go");
  await other.ask(`jump ${HOUR_MS}`);
  await wait(1500);
  await other.ask(`jump ${-HOUR_MS}`);
  await wait(1500);
  expect(await scene.countOf("other", 0)).toBe(0);
  expect(await held).toBe("hold");
  await scene.appends("other");
  await Promise.all([holder.ask("end"), other.ask("end")]);
  expect(await scene.verify()).toMatchObject({ rejected: 0, slipped: 0, forks: 0 });
});
