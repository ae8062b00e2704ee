import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { TakeoverScene } from "../support/locking/takeover-scene.js";

// A process that appends blocks its event loop until another has taken its locks over, once amid its
// ordinary appends and once with a burst under way.
// LEAFLOG_LONG=1 blocks 20 times as often.
const ROUNDS = process.env.LEAFLOG_LONG === "1" ? 20 : 1;
const FILES = 16;

test.concurrent.for(["block", "block-in-burst"])("a writer that goes through: %s", {
  timeout: 300_000,
}, async (command) => {
  await using scene = new TakeoverScene(FILES);
  const [victim, thief] = await Promise.all([scene.writer("victim"), scene.writer("thief")]);
  await victim.ask("go");
  await thief.ask("go");
  await scene.appends("victim");
  for (let round = 0; round < ROUNDS; round += 1) {
    await wait(200 + Math.random() * 200);
    const signal = join(scene.directory, `${round}.end-of-block`);
    const blocked = victim.ask(`${command} ${signal}`);
    await wait(100);
    await scene.appends("thief");
    writeFileSync(signal, "");
    expect(await blocked).toBe(command);
  }
  await wait(300);
  await Promise.all([victim.ask("end"), thief.ask("end")]);
  const counts = await scene.verify();
  console.log(`${command}, ${ROUNDS} times: ${JSON.stringify(counts)}`);
  expect(counts.written).toBeGreaterThan(FILES * 10);
});
