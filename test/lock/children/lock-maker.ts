import { setTimeout as wait } from "node:timers/promises";
import type { FileSystem } from "../../../src/file/file-system.js";
import { nodeFileSystem } from "../../../src/file/node-file-system.js";
import { WriteLock } from "../../../src/lock/write-lock.js";

// Gets no further than to make its lock: the look at what was made is never answered.
const [file = ""] = process.argv.slice(2);
let made = false;
const fs: FileSystem = {
  ...nodeFileSystem,
  open: async (path, how, mode) => {
    const opened = await nodeFileSystem.open(path, how, mode);
    made = true;
    return Object.assign(opened, { stat: () => new Promise<never>(() => undefined) });
  },
};
void new WriteLock(fs, file, { staleMs: 60_000 }).acquire(() => true);
process.stdin.on("data", () => process.exit(0));
process.stdin.on("end", () => process.exit(1));
while (!made) await wait(1);
// Time for what follows at once.
await wait(50);
console.log("made");
