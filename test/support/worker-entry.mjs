import { workerData } from "node:worker_threads";
import { register } from "tsx/esm/api";

// A worker thread begins in plain JavaScript: it does not get its parent's loader of TypeScript.
register();
await import(workerData.program);
