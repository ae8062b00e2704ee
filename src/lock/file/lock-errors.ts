import { setTimeout as wait } from "node:timers/promises";
import { LeaflogError } from "../../base/errors.js";
import { isErrno } from "../../file/is-errno.js";
import { BUSY_MS, BUSY_WAIT_MS } from "./lock-times.js";

/** "Another has it, ask again": the code that proper-lockfile uses for the same. */
export function contention(): Error {
  return Object.assign(new Error("the lock is held by another"), { code: "ELOCKED" });
}

export function isContention(error: unknown): boolean {
  return isErrno(error, "ELOCKED");
}

/** Windows says so of a name whose deletion is pending or that a virus scanner has open. */
export function isBusy(error: unknown): boolean {
  return isErrno(error, "EPERM", "EBUSY");
}

/** ENOTDIR: a parent went and something else has its name. */
export function isGone(error: unknown): boolean {
  return isErrno(error, "ENOENT", "ENOTDIR");
}

/** `error` as callers of the lock see it: LEAFLOG_LOCK_FAILED with `cause`, wrapped once. */
export function lockFailed(what: string, file: string, error: unknown): LeaflogError {
  if (error instanceof LeaflogError) return error;
  const reason = error instanceof Error ? `: ${error.message}` : "";
  return new LeaflogError("LEAFLOG_LOCK_FAILED", `the write lock could not be ${what}${reason}`, {
    file,
    cause: error,
  });
}

/** Repeats `operation` while it fails with EPERM or EBUSY, for {@link BUSY_MS} at most. */
export async function whileBusy(operation: () => Promise<void>): Promise<void> {
  const start = performance.now();
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      if (!isBusy(error) || performance.now() - start > BUSY_MS) throw error;
    }
    await wait(BUSY_WAIT_MS);
  }
}
