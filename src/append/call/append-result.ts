import type { Entry } from "../../entry/entry.js";
import type { DamagedLine, TornTail } from "../../scan/end/tail-damage.js";

/**
 * Why linear entries were left as they are although the options ask to migrate them:
 * - `open`: another process has the file open for writing, and would go on writing to what the
 *   migrated one replaces;
 * - `attributes`: its ACL or its extended attributes could not be kept;
 * - `busy`: other programs kept adding linear entries, or changing the file, meanwhile.
 */
export interface NotMigrated {
  readonly reason: "open" | "attributes" | "busy";
  /**
   * Ids of the processes that have it open, where the system tells; as they were some seconds ago.
   */
  readonly pids?: readonly number[];
}

/** Where an appended entry stands. */
export interface AppendResult {
  readonly id: string;
  /** Undefined after a raw append. */
  readonly parentId: string | null | undefined;
  /** Whether this call wrote the entry; false when one with its idempotency key was there. */
  readonly appended: boolean;
  /** False after a raw append: to a linear transcript that is oversized, or that could not be migrated. */
  readonly linked: boolean;
  /** The entry's line: bytes from the start of the file. */
  readonly offset: number;
  /** The entry's line: bytes, without the newline. */
  readonly length: number;
  /**
   * The entry that was there, when `appended` is false; absent when its line exceeds
   * `maxEntryBytes`.
   */
  readonly entry?: Entry;
  /**
   * Of an entry of type `message` that was written together with keyed ones: which message of the
   * file it is, from 1 on, wherever in the tree they stand.
   */
  readonly messageSeq?: number;
  /** Found and closed by the group commit that this entry opened. */
  readonly tornTail?: TornTail;
  /**
   * Set when linear entries should have been migrated and were not: the entry was linked to the last
   * linked entry, or appended raw, as `linked` says.
   */
  readonly notMigrated?: NotMigrated;
  /** Found right before the group commit that this entry opened: repair the transcript. */
  readonly damagedLine?: DamagedLine;
  /** True when the transcript had been deleted since this process last saw it, and was made anew. */
  readonly recreated?: true;
  /** True when the transcript had been emptied since this process last saw it, and was begun anew. */
  readonly truncated?: true;
}
