import { LeaflogError } from "../errors.js";
import type { FileSystem } from "../file/file-system.js";
import { isErrno } from "../file/is-errno.js";
import type { Look } from "../file/look.js";
import type { ResolvedOptions } from "../options.js";
import type { LockHolder } from "./lock/lock-holder.js";
import {
  ASIDE_MS,
  FOREIGN_ASIDE_MS,
  FOREIGN_EXPECTED_MS,
  FRESH_MS,
  STEP_MS,
  UNSEEN_ASIDE_MS,
} from "./lock/lock-times.js";
import { type LockSlot, WriteLock } from "./lock/write-lock.js";
import type { OpenAhead } from "./open-ahead.js";
import { OpenSlot } from "./open-slot.js";

/** Who waits and cannot be seen to: without a wish the lock is given back too, but later. */
const UNWISHED_HOLDS = 10;

/** The write lock as a group commit uses it: kept from one to the next, given away in between. */
export class Lease {
  readonly #fs: FileSystem;
  readonly #look: Look;
  readonly #staleMs: number;
  /** Made when it is first wanted: most of what an open transcript takes is this. */
  #lock: WriteLock | undefined;
  readonly #slot: OpenSlot;
  readonly #file: string;
  readonly #maxHoldMs: number;
  #asideUntil = 0;
  /** `performance.now()` until which programs are expected that wait and cannot be seen to. */
  #foreignUntil = 0;
  #waiting = false;

  constructor(fs: FileSystem, file: string, options: ResolvedOptions, look: Look) {
    this.#fs = fs;
    this.#look = look;
    this.#staleMs = options.lock.staleMs;
    this.#slot = new OpenSlot(options.maxOpenFiles);
    this.#file = file;
    this.#maxHoldMs = options.lock.maxHoldMs;
  }

  get held(): boolean {
    return this.#lock?.held ?? false;
  }

  /** Whether it is waiting for another holder just now. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** `performance.now()` from before the last look on disk that found the lock to be ours. */
  get verifiedAt(): number {
    return this.#lock?.verifiedAt ?? 0;
  }

  /** Held for so long that others should have a turn. */
  get spent(): boolean {
    if (this.#lock === undefined) return false;
    const { heldMs, wished } = this.#lock;
    return heldMs >= this.#maxHoldMs * (wished || this.#foreign ? 1 : UNWISHED_HOLDS);
  }

  #expectForeign({ foreignAt }: WriteLock): void {
    this.#foreignUntil = Math.max(this.#foreignUntil, foreignAt + FOREIGN_EXPECTED_MS);
  }

  get #asideMs(): number {
    if (this.#foreign) return FOREIGN_ASIDE_MS;
    return this.#lock?.wished ? ASIDE_MS : UNSEEN_ASIDE_MS;
  }

  get #foreign(): boolean {
    return performance.now() < this.#foreignUntil;
  }

  /**
   * Takes the lock. False when `wanted` said no before it was had.
   *
   * @param makeDirectory called when the transcript's directory is missing
   * @param ahead the file, opened meanwhile, for most locks are had at the first try
   * @throws LeaflogError `LEAFLOG_LOCK_FAILED`
   */
  async take(
    wanted: () => boolean,
    makeDirectory: () => Promise<void>,
    ahead: OpenAhead,
  ): Promise<boolean> {
    // A lost lock may have left it taken.
    this.#slot.free();
    const lock = this.#ownLock();
    this.#waiting = true;
    try {
      const aside = this.#asideUntil - performance.now();
      if (aside > 0) await new Promise((resolve) => setTimeout(resolve, aside));
      return await lock.acquire(wanted, this.#slotFor(ahead));
    } catch (error) {
      if (!(error instanceof LeaflogError) || !isErrno(error.cause, "ENOENT")) throw error;
      await makeDirectory();
      return await lock.acquire(wanted, this.#slot);
    } finally {
      this.#waiting = false;
      this.#expectForeign(lock);
    }
  }

  /** Gives the place among the open files to others, while the lock is kept and nothing is open. */
  freeSlot(): void {
    this.#slot.free();
  }

  /** Takes it again. False when `wanted` said no before it was had. */
  takeSlot(wanted: () => boolean): Promise<boolean> {
    return this.#slot.take(wanted);
  }

  /** The slot in which, at the first try, the file is opened too. */
  #slotFor(ahead: OpenAhead): LockSlot {
    let isFirst = true;
    return {
      take: async (wanted) => {
        const isTaken = await this.#slot.take(wanted);
        if (isTaken && isFirst) ahead.begin();
        isFirst = false;
        return isTaken;
      },
      free: () => {
        ahead.drop();
        this.#slot.free();
      },
    };
  }

  /** Whether the lock was found to be ours within the last millisecond. */
  get isFresh(): boolean {
    return this.held && performance.now() - this.verifiedAt < FRESH_MS;
  }

  /** Whether it was found to be ours just now, or since a moment that is not long ago. */
  isSure(since: number): boolean {
    if (this.isFresh) return true;
    const { verifiedAt } = this;
    return this.held && verifiedAt >= since && performance.now() - verifiedAt < STEP_MS;
  }

  /** Whether the lock is still ours; looked up unless that was done within the last millisecond. */
  isOurs(): boolean | Promise<boolean> {
    if (!this.#lock?.held) return false;
    return this.isFresh || this.#lock.look();
  }

  async release(): Promise<void> {
    const { spent } = this;
    if (this.#lock) this.#expectForeign(this.#lock);
    if (spent) this.#asideUntil = performance.now() + this.#asideMs * (1 + Math.random());
    try {
      await this.#lock?.release();
      // Who gave it back for others comes back for it soon.
      if (!spent) this.#lock = undefined;
    } finally {
      this.#slot.free();
    }
  }

  #ownLock(): WriteLock {
    this.#lock ??= new WriteLock(this.#fs, this.#file, {
      staleMs: this.#staleMs,
      look: this.#look,
    });
    return this.#lock;
  }

  /** The error for a call that could not have the lock in time. */
  async timeoutError(waitedMs: number): Promise<LeaflogError> {
    if (this.#slot.waiting) {
      return new LeaflogError(
        "LEAFLOG_TIMEOUT",
        `as many transcripts as maxOpenFiles allows were being appended to for all of ${waitedMs} ms; nothing was written: try again, or raise maxOpenFiles or timeoutMs`,
        { file: this.#file, waitedMs },
      );
    }
    const lock = this.#ownLock();
    const holder = await lock.describeHolder();
    const { ageMs, owner } = holder;
    const who = owner?.pid === undefined ? "another writer" : `process ${owner.pid}`;
    return new LeaflogError(
      "LEAFLOG_LOCK_TIMEOUT",
      `${who} held the lock ${lock.path} for all of ${waitedMs} ms; ${this.#adviceOn(holder)}`,
      {
        file: this.#file,
        waitedMs,
        ...(ageMs !== undefined && { ageMs }),
        ...(owner && { owner }),
      },
    );
  }

  #adviceOn({ kind, isGone }: LockHolder): string {
    const again = "try again, or raise timeoutMs";
    if (isGone) {
      return `it runs no more, and its lock is taken over ${this.#staleMs} ms after its last sign of life at the latest: try again with a higher timeoutMs`;
    }
    if (kind === "process") {
      return `it is another program's, which is waited for as long as that process lives: ${again}`;
    }
    if (kind === "other") {
      return `it was made by another program, and is taken over when that shows no sign of life for ${this.#staleMs} ms: ${again}`;
    }
    return again;
  }
}
