import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LockScene, makeLock } from "./children/lock-harness.js";

// LEAFLOG_LONG=1 runs ten times as many.
const SETS = process.env.LEAFLOG_LONG === "1" ? 10 : 1;
const ROUNDS = 200;
const PROCESSES = 8;
// So that no holder loses its lock because the machine has no time for it. The stale locks are old,
// which shortens the wait for them all the same.
const STALE_MS = 8000;
const HOUR_MS = 3_600_000;

const TITLE = `${PROCESSES} processes that meet one stale lock enter one by one, ${SETS * ROUNDS} times`;

test(TITLE, { timeout: SETS * 60_000 }, async () => {
  for (let set = 0; set < SETS; set += 1) await race();
});

async function race(): Promise<void> {
  await using scene = new LockScene();
  for (let round = 0; round < ROUNDS; round += 1) {
    const path = join(scene.directory, `${round}.jsonl.lock`);
    makeLock(path, HOUR_MS);
  }
  const children = Array.from({ length: PROCESSES }, () =>
    scene.start("lock-contender.ts", scene.directory, String(ROUNDS), String(STALE_MS)),
  );
  await Promise.all(children.map((child) => child.hear()));
  for (const child of children) child.tell("go");
  await Promise.all(children.map((child) => child.hear()));

  const pids = children.map((child) => String(child.process.pid)).sort();
  for (let round = 0; round < ROUNDS; round += 1) {
    const journal = readFileSync(join(scene.directory, `${round}.jsonl`), "utf8");
    const events = journal.trimEnd().split("\n");
    const entered: string[] = [];
    for (let at = 0; at < events.length; at += 2) {
      const [enter, pid = ""] = events[at]!.split(" ");
      // Two holders at once show as an enter before the other's exit.
      expect([enter, events[at + 1]]).toEqual(["enter", `exit ${pid}`]);
      entered.push(pid);
    }
    expect(entered.sort()).toEqual(pids);
  }
  const left = readdirSync(scene.directory).filter((name) => !name.endsWith(".jsonl"));
  expect(left).toEqual([]);
}
