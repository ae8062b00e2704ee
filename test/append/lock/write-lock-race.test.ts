import { mkdirSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LockScene } from "./children/lock-harness.js";

const ROUNDS = 48;
const PROCESSES = 8;
const HOUR_MS = 3_600_000;

test(`${PROCESSES} processes that meet one stale lock enter one by one, ${ROUNDS} times`, async () => {
  await using scene = new LockScene();
  const old = new Date(Date.now() - HOUR_MS);
  for (let round = 0; round < ROUNDS; round += 1) {
    const path = join(scene.directory, `${round}.jsonl.lock`);
    mkdirSync(path);
    utimesSync(path, old, old);
  }
  const children = Array.from({ length: PROCESSES }, () =>
    scene.start("lock-contender.ts", scene.directory, String(ROUNDS), "2000"),
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
});
