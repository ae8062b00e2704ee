import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";

// A process in which a worker thread has a lock. Told how to end.
const [file = "", staleMs = "2000"] = process.argv.slice(2);
const program = new URL("lock-worker.ts", import.meta.url).href;
new Worker(new URL("../../support/worker-entry.mjs", import.meta.url), {
  workerData: { program, file, staleMs: Number(staleMs) },
});
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "exit") process.exit(0);
  // Nobody is to read of it.
  process.stderr.destroy();
  throw new Error("uncaught");
}
process.exit(1);
