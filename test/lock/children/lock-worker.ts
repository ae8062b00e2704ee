import { workerData } from "node:worker_threads";
import { nodeFileSystem } from "../../../src/file/node-file-system.js";
import { WriteLock } from "../../../src/lock/write-lock.js";

// A worker thread that takes a lock and keeps it.
const { file, staleMs } = workerData as { file: string; staleMs: number };
await new WriteLock(nodeFileSystem, file, { staleMs }).acquire(() => true);
setInterval(() => undefined, 1000);
