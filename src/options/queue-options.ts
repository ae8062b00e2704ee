import { type MemberNames, memberNames } from "../base/known-members.js";

/** What may be pending, per file: the first handle of a process that opens the file sets it. */
export interface QueueOptions {
  /**
   * Entries in the queue; further appends wait for room.
   * @default 65_536
   * @example { queue: { maxEntries: 1_000 } }
   */
  readonly maxEntries?: number;
  /**
   * Bytes in the queue; further appends wait for room. One entry is always let in.
   * @default 64 MiB
   * @example { queue: { maxBytes: 8 * 1024 * 1024 } }
   */
  readonly maxBytes?: number;
  /**
   * Bytes in one group commit. One call's entries are never split.
   * @default 1 MiB
   * @example { queue: { maxBatchBytes: 256 * 1024 } } // shorter writes
   */
  readonly maxBatchBytes?: number;
}

/** What `queue` takes. */
export const QUEUE_MEMBERS: MemberNames<QueueOptions> = memberNames<QueueOptions>({
  maxEntries: true,
  maxBytes: true,
  maxBatchBytes: true,
});
