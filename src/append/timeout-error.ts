import { LeaflogError } from "../errors.js";

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
