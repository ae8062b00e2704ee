import { type FileStat, isUntouched } from "../file/file-stat.js";
import { mtimeMs } from "./file/lock-look.js";
import { HEARTBEAT_MS, LEAST_STALE_MS } from "./file/lock-times.js";

/**
 * Tells dead locks from living ones. No clock of another machine is believed, nor our own wall
 * clock alone: both may be off by hours. What counts is how long we ourselves saw that nobody
 * refreshed the lock.
 */
export class LockWatch {
  readonly #staleMs: number;
  #seen: FileStat | undefined;
  #seenAt = 0;
  #unchangedMs = 0;

  /** @param staleMs - a lock that stayed untouched for this long is dead. */
  constructor(staleMs: number) {
    this.#staleMs = Math.max(staleMs, LEAST_STALE_MS);
  }

  /**
   * Takes note of a look at the lock.
   *
   * @param stat - what the look found.
   * @param askedAt - `performance.now()` before that look.
   * @returns whether it is stale: untouched for `staleMs` under our eyes, or for two heartbeats
   * when its modification time is older than `staleMs` too. Never for what no program makes to lock.
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
    if (stat.kind === "other") return false;
    const isOld = Date.now() - mtimeMs(stat) > this.#staleMs;
    return this.#unchangedMs >= (isOld ? LEAST_STALE_MS : this.#staleMs);
  }
}
