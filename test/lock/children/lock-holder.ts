import { createInterface } from "node:readline";
import { nodeFileSystem } from "../../../src/file/node-file-system.js";
import { WriteLock } from "../../../src/lock/write-lock.js";

const [file = "", staleMs = "2000"] = process.argv.slice(2);
const lock = new WriteLock(nodeFileSystem, file, { staleMs: Number(staleMs) });

const commands: Record<string, (argument: string) => unknown> = {
  verify: () => lock.verify(),
  held: () => lock.held,
  release: () => lock.release(),
  acquire: () => lock.acquire(() => true),
  block: (ms) => {
    const end = performance.now() + Number(ms);
    while (performance.now() < end);
  },
  handle: (signal) => {
    process.on(signal as NodeJS.Signals, () => {
      console.log(`handled ${signal}`);
      setTimeout(() => process.exit(7), 50);
    });
  },
  raise: (signal) => process.kill(process.pid, signal),
  listeners: (signal) => process.listenerCount(signal),
  exit: () => process.exit(0),
};

// The test is over, however it ended.
process.stdin.on("end", () => process.exit(1));

console.log(`acquired ${await lock.acquire(() => true)}`);
for await (const line of createInterface({ input: process.stdin })) {
  const [name = "", argument = ""] = line.split(" ");
  console.log(`${name} ${await commands[name]?.(argument)}`);
}
