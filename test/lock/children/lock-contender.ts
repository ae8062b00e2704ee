import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { nodeFileSystem } from "../../../src/file/node-file-system.js";
import { WriteLock } from "../../../src/lock/write-lock.js";

const [directory = "", rounds = "0", staleMs = "2000"] = process.argv.slice(2);

async function takeOne(round: number): Promise<void> {
  const file = join(directory, `${round}.jsonl`);
  const lock = new WriteLock(nodeFileSystem, file, { staleMs: Number(staleMs) });
  await lock.acquire(() => true);
  appendFileSync(file, `enter ${process.pid}\n`);
  await wait(15);
  appendFileSync(file, `${(await lock.verify()) ? "exit" : "lost"} ${process.pid}\n`);
  await lock.release();
}

// The test is over, however it ended.
process.stdin.on("end", () => process.exit(1));

console.log("ready");
for await (const _ of createInterface({ input: process.stdin })) {
  await Promise.all(Array.from({ length: Number(rounds) }, (_, round) => takeOne(round)));
  console.log("done");
}
