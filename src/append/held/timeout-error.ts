import { LeaflogError } from "../../base/errors.js";
import type { LockHolder } from "../../lock/owner/lock-holder.js";

/**
 * The error of a call whose deadline passed for another reason than the lock.
 *
 * @param accepted whether there was room for it in the queue
 */
export function timeoutError(file: string, waitedMs: number, accepted: boolean): LeaflogError {
  const facts = { file, waitedMs };
  return accepted
    ? new LeaflogError(
        "LEAFLOG_TIMEOUT",
        `not written within ${waitedMs} ms; nothing was written: raise timeoutMs, or look for what keeps the disk or the lock busy`,
        facts,
      )
    : new LeaflogError(
        "LEAFLOG_QUEUE_FULL",
        `no room in the queue within ${waitedMs} ms; nothing was written: await earlier appends, or raise queue.maxEntries and queue.maxBytes`,
        facts,
      );
}

/** The error of a call that waited for its place among the open files. */
export function slotTimeout(file: string, waitedMs: number): LeaflogError {
  return new LeaflogError(
    "LEAFLOG_TIMEOUT",
    `as many transcripts as maxOpenFiles allows were being appended to for all of ${waitedMs} ms; nothing was written: try again, or raise maxOpenFiles or timeoutMs`,
    { file, waitedMs },
  );
}

/** The error of a call that waited for the lock. */
export function lockTimeout(
  file: string,
  waitedMs: number,
  { lock, staleMs, holder }: { lock: string; staleMs: number; holder: LockHolder },
): LeaflogError {
  const { ageMs, owner } = holder;
  const who = owner?.pid === undefined ? "another writer" : `process ${owner.pid}`;
  return new LeaflogError(
    "LEAFLOG_LOCK_TIMEOUT",
    `${who} held the lock ${lock} for all of ${waitedMs} ms; ${adviceOn(holder, staleMs)}`,
    { file, waitedMs, ...(ageMs !== undefined && { ageMs }), ...(owner && { owner }) },
  );
}

function adviceOn({ kind, isGone }: LockHolder, staleMs: number): string {
  const again = "try again, or raise timeoutMs";
  if (isGone) {
    return `it runs no more, and its lock is taken over ${staleMs} ms after its last sign of life at the latest: try again with a higher timeoutMs`;
  }
  if (kind === "process") {
    return `it is another program's, which is waited for as long as that process lives: ${again}`;
  }
  if (kind === "other") {
    return `it was made by another program, and is taken over when that shows no sign of life for ${staleMs} ms: ${again}`;
  }
  return again;
}
