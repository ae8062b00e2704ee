import { setTimeout as wait } from "node:timers/promises";
import { WriteLock } from "../../../../src/append/lock/write-lock.js";
import type { FileSystem } from "../../../../src/file/file-system.js";
import { nodeFileSystem } from "../../../../src/file/node-file-system.js";

// Gets no further than to make its lock directory: the next operation is never answered.
const [file = "", operation = ""] = process.argv.slice(2);
let made = false;
const unanswered = (name: "stat" | "utimes") => (path: string, atime: Date, mtime: Date) =>
  made && name === operation
    ? new Promise<never>(() => undefined)
    : (nodeFileSystem[name] as FileSystem["utimes"])(path, atime, mtime);
const fs: FileSystem = {
  ...nodeFileSystem,
  stat: unanswered("stat") as unknown as FileSystem["stat"],
  utimes: unanswered("utimes"),
  mkdir: async (path, mode) => {
    await nodeFileSystem.mkdir(path, mode);
    made = true;
  },
};
void new WriteLock(fs, file, { staleMs: 60_000 }).acquire(() => true);
process.stdin.on("data", () => process.exit(0));
process.stdin.on("end", () => process.exit(1));
while (!made) await wait(1);
// Time for what follows at once.
await wait(50);
console.log("made");
