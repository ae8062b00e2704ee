import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { TakeoverScene } from "../support/locking/takeover-scene.js";

// A process that appends is stopped at a random moment, for longer than its locks last; another
// takes them over and appends; the first wakes up in the middle of what it did. Each stop meets as
// many transcripts, at different points of their appends. LEAFLOG_LONG=1 stops 40 times as often.
const LONG = process.env.LEAFLOG_LONG === "1";
const SCENES = LONG ? 20 : 2;
const STOPS = LONG ? 6 : 3;
const FILES = 24;

for (let scene = 0; scene < SCENES; scene += 1) {
  test.concurrent(`a writer stopped and woken ${STOPS} times amid ${FILES} transcripts (${scene})`, {
    timeout: 600_000,
  }, async () => {
    await using scene = new TakeoverScene(FILES);
    const [victim, thief] = await Promise.all([scene.writer("victim"), scene.writer("thief")]);
    await victim.ask("go");
    await thief.ask("go");
    await scene.appends("victim");
    for (let stop = 0; stop < STOPS; stop += 1) {
      await wait(100 + Math.random() * 300);
      victim.process.kill("SIGSTOP");
      await scene.appends("thief");
      victim.process.kill("SIGCONT");
    }
    await wait(300);
    await Promise.all([victim.ask("end"), thief.ask("end")]);
    const counts = await scene.verify();
    console.log(`stopped ${STOPS} times: ${JSON.stringify(counts)}`);
    expect(counts.written).toBeGreaterThan(FILES * 10);
  });
}
