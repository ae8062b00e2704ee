import { type FileStat, isSameFile } from "../../file/file-stat.js";
import { mtimeMs } from "./lock-look.js";

/** How often a holder refreshes its lock, in milliseconds; proper-lockfile allows no less. */
export const HEARTBEAT_MS = 1000;
/** A holder that lives has beaten at least once in this many milliseconds. */
const TWO_BEATS_MS = 2 * HEARTBEAT_MS;

/**
 * Tells dead locks from living ones. No clock of another machine is believed, nor our own wall
 * clock alone: both may be off by hours. What counts is how long we ourselves saw that nobody
 * refreshed the directory.
 */
export class LockWatch {
  readonly #staleMs: number;
  #seen: FileStat | undefined;
  #seenAt = 0;
  #unchangedMs = 0;

  /** @param staleMs - a directory that stayed untouched for this long is dead. */
  constructor(staleMs: number) {
    this.#staleMs = staleMs;
  }

  /**
   * Takes note of a look at the directory.
   *
   * @param stat - what the look found.
   * @param askedAt - `performance.now()` before that look.
   * @returns whether it is stale: untouched for `staleMs` under our eyes, or for two heartbeats
   * when its modification time is older than `staleMs` too. Never for what is no directory.
   */
  isStale(stat: FileStat, askedAt: number): boolean {
    if (this.#seen !== undefined && isUntouched(this.#seen, stat)) {
      // A long gap between two looks says little: we may have been stopped, and the holder with us.
      this.#unchangedMs += Math.max(0, Math.min(askedAt - this.#seenAt, HEARTBEAT_MS));
    } else {
      this.#seen = stat;
      this.#unchangedMs = 0;
    }
    this.#seenAt = performance.now();
    if (stat.kind !== "directory") return false;
    const isOld = Date.now() - mtimeMs(stat) > this.#staleMs;
    const enoughMs = isOld ? Math.min(TWO_BEATS_MS, this.#staleMs) : this.#staleMs;
    return this.#unchangedMs >= enoughMs;
  }
}

/** Whether two looks met the same directory, and nobody refreshed it in between. */
export function isUntouched(a: FileStat, b: FileStat): boolean {
  return isSameFile(a, b) && a.mtimeNs === b.mtimeNs;
}
