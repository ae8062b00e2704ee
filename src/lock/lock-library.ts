import { constants } from "node:os";
import { isMainThread } from "node:worker_threads";
import { mindExit } from "./lock-exit.js";
import { ownProcess } from "./owner/own-process.js";

type LockLibrary = typeof import("proper-lockfile");

let library: Promise<LockLibrary> | undefined;

/**
 * proper-lockfile, imported when a lock is first wanted: its import adds handlers for 18 signals
 * and replaces functions of `process` and `node:fs`, which a program that only reads need not bear.
 */
export function lockLibrary(): Promise<LockLibrary> {
  library ??= load();
  return library;
}

async function load(): Promise<LockLibrary> {
  // For the notes beside locks, which are to be written at once when they are: it takes a few turns,
  // and does not fail. Threads wait for it, for one is made to do what keeps it busy.
  const own = ownProcess();
  if (!isMainThread) await own;
  const imported = await import("proper-lockfile");
  // Among those signals is SIGXFSZ, which Node ignores so that a write beyond the file size limit
  // fails with EFBIG. The imported handler re-raises a signal that has no other listener, and the
  // process dies of it; with this listener it has one.
  if ("SIGXFSZ" in constants.signals) process.on("SIGXFSZ", stayAlive);
  await mindExit(imported.lock);
  return imported;
}

function stayAlive(): void {
  // The failed write rejects with EFBIG: nothing is left to do here.
}
